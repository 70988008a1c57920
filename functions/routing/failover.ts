/**
 * Tries targets until one answers, within one budget of attempts and one deadline over all targets, keys and repeats.
 * Time, waiting and chance are arguments. Only for requests of which nothing has reached the client yet.
 */
import { type ErrorKind, type GatewayError, toGatewayError } from '../core/errors.ts';

export interface FailoverOptions<Target, Answer> {
  readonly targets: readonly Target[];
  /** Upstream requests in all. */
  readonly attempts: number;
  /** Throws to fail, after one request or several. `GatewayError.traits.failover` decides whether another attempt is made. */
  attempt(target: Target): Promise<Answer>;
  /** Upstream requests that have failed so far. What fails without having made one costs no attempt. */
  failed(): number;
  /** False where another attempt at this target must not be made, e.g. because nobody has reserved the money for it. */
  allows(target: Target): boolean;
  /** Sees to what another attempt at this target needs. False where it cannot be had: then `allows` is false from then on. */
  secure(target: Target): Promise<boolean>;
  /** Told of every request that failed. True where the same target is worth another at once: it has another key. */
  renew(target: Target, error: GatewayError): Promise<boolean>;
  /**
   * Told how every request ended, for what is known of a target's health. Where it is `renewed`, what failed is one key
   * of the target and not the target.
   */
  settled(target: Target, error: GatewayError | undefined, renewed: boolean): void;
  /**
   * Asked after an error that is true of the request as one target sees it (`context-length`, `content-refused`): whether
   * another target may see it otherwise.
   */
  goesOn(error: GatewayError, failed: Target, next: Target): boolean;
  /** True for an answer that another target may better. It is complete; it is kept, and given where no other answers. */
  isRefusal?(answer: Answer): boolean;
  wait(milliseconds: number): Promise<void>;
  /** Milliseconds that are left until the deadline. */
  remainingMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

const BASE_DELAY_MS = 200;
const MAX_JITTER_MS = 5_000;
/** What the official SDKs of OpenAI and Anthropic would wait themselves; after it, the client is told when to come back. */
const LONGEST_WAIT_MS = 60_000;
/** Where nothing was sent: a meter of our own is full, whose wait a model allows with `queueMs`, or no key is usable. */
const LONGEST_UNSENT_WAIT_MS = 5_000;
/** An attempt that begins later than this before the deadline cannot end in time. */
const LEAST_ATTEMPT_MS = 250;

/** Another target may be able, this one will not be. */
const UNABLE: ReadonlySet<ErrorKind> = new Set(['unsupported-parameter', 'misconfigured', 'no-target']);
/** Stays so for the length of a request. */
const HOPELESS: ReadonlySet<ErrorKind> = new Set([
  'upstream-unauthorized',
  'upstream-not-found',
  'upstream-quota',
  'upstream-limit',
]);
/** True of the request as one target sees it. */
const RELATIVE: ReadonlySet<ErrorKind> = new Set(['context-length', 'content-refused']);

interface Failure {
  /** What is left until the deadline when the provider wants to be asked again. */
  readonly dueMs: number;
  /** The longest that it is waited for. */
  readonly mostMs: number;
}

export async function failover<Target, Answer>(options: FailoverOptions<Target, Answer>): Promise<Answer> {
  const failures = new Map<Target, Failure>();
  const errors: GatewayError[] = [];
  const over = new Set<Target>();
  let refusal: Refusal<Answer> | undefined;
  let left = options.attempts;

  const isOpen = (target: Target): boolean => !over.has(target) && options.allows(target);
  const hasUntried = (): boolean => options.targets.some((target) => isOpen(target) && !failures.has(target));

  /** Gives an answer, or whether the same target is to be tried again. */
  async function attemptOnce(target: Target): Promise<{ readonly answer: Answer } | { readonly again: boolean }> {
    const before = options.failed();
    let answer: Answer;
    try {
      answer = await options.attempt(target);
    } catch (thrown) {
      return { again: await fail(target, toGatewayError(thrown), options.failed() - before) };
    }
    options.settled(target, undefined, false);
    if (options.isRefusal?.(answer) !== true) return { answer };
    left -= options.failed() - before + 1;
    over.add(target);
    refusal = { answer };
    return { again: false };
  }

  async function fail(target: Target, error: GatewayError, sent: number): Promise<boolean> {
    const wasSent = sent > 0;
    errors.push(error);
    failures.set(target, {
      dueMs: options.remainingMs() - (error.retryAfterMs ?? 0),
      mostMs: wasSent ? LONGEST_WAIT_MS : LONGEST_UNSENT_WAIT_MS,
    });
    let renewed = false;
    if (wasSent) {
      left -= sent;
      renewed = await options.renew(target, error);
      options.settled(target, error, renewed);
    }
    if (UNABLE.has(error.kind)) {
      over.add(target);
    } else if (!error.traits.failover) {
      if (!RELATIVE.has(error.kind)) throw error;
      if (error.kind === 'content-refused') refusal ??= { error };
      for (const next of options.targets) {
        if (next === target || !options.goesOn(error, target, next)) over.add(next);
      }
    } else if (!renewed && HOPELESS.has(error.kind)) {
      over.add(target);
    }
    // The last attempt belongs to a target that has had none: another key of this one is often refused alike.
    return renewed && (left > 1 || !hasUntried());
  }

  /** Nobody waits for a target that cannot be tried then. */
  async function securedRound(round: number): Promise<Round<Target> | undefined> {
    for (;;) {
      const next = nextRound(options, options.targets.filter(isOpen), failures, round);
      const [first] = next?.targets ?? [];
      if (first === undefined || (await options.secure(first)) || isOpen(first)) return next;
    }
  }

  let queue = options.targets;
  try {
    // Each round but the first begins with a wait: as many as attempts, also where nothing can be sent.
    for (let round = 0; round < options.attempts && queue.length > 0; round += 1) {
      for (const target of queue) {
        for (let again = true; again && left > 0 && isOpen(target); ) {
          if (!(await options.secure(target))) break;
          const result = await attemptOnce(target);
          if ('answer' in result) return result.answer;
          again = result.again;
        }
      }
      if (left <= 0) break;
      const next = await securedRound(round);
      if (next === undefined) break;
      await options.wait(next.delayMs);
      queue = next.targets;
    }
  } catch (thrown) {
    // What a later target makes of a request that one has refused is of no interest.
    if (refusal === undefined) throw thrown;
  }
  if (refusal === undefined) throw mostTelling(errors);
  if ('error' in refusal) throw refusal.error;
  return refusal.answer;
}

interface Round<Target> {
  readonly targets: readonly Target[];
  readonly delayMs: number;
}

type Refusal<Answer> = { readonly answer: Answer } | { readonly error: GatewayError };

/**
 * Who is tried again, and when: never before a provider wants it, and then with full jitter under an exponential bound,
 * so that not everybody who was sent away comes back at once. Undefined where the time does not reach.
 */
function nextRound<Target, Answer>(
  options: FailoverOptions<Target, Answer>,
  open: readonly Target[],
  failures: ReadonlyMap<Target, Failure>,
  round: number,
): Round<Target> | undefined {
  const remainingMs = options.remainingMs();
  const tried = open.flatMap((target) => {
    const failure = failures.get(target);
    if (failure === undefined) return [];
    const waitMs = Math.max(0, remainingMs - failure.dueMs);
    return waitMs > failure.mostMs ? [] : [{ target, waitMs }];
  });
  const jitterMs = options.random() * Math.min(MAX_JITTER_MS, BASE_DELAY_MS * 2 ** round);
  const delayMs = Math.min(...tried.map(({ waitMs }) => waitMs)) + jitterMs;
  // Also where there is nobody left: the least of nothing is infinite.
  if (delayMs > remainingMs - LEAST_ATTEMPT_MS) return undefined;
  return { targets: tried.filter(({ waitMs }) => waitMs <= delayMs).map(({ target }) => target), delayMs };
}

/** The last error of a provider, if one was asked: a caller can act on that, not on another target's missing secret. */
function mostTelling(errors: readonly GatewayError[]): GatewayError {
  const error = errors.findLast((candidate) => !UNABLE.has(candidate.kind)) ?? errors[0];
  if (error === undefined) throw new Error('No target was tried: a plan is never empty, and attempts are at least 1.');
  return error;
}
