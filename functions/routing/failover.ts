/**
 * Tries targets until one answers, within one budget of attempts and one deadline. Time, waiting and chance are
 * arguments. Only for requests of which nothing has reached the client yet.
 */
import { type ErrorKind, type GatewayError, toGatewayError } from '../core/errors.ts';

export interface FailoverOptions<Target, Answer> {
  readonly targets: readonly Target[];
  /** Upstream requests in all. */
  readonly attempts: number;
  /** Throws to fail. `GatewayError.traits.failover` decides whether another attempt is made. */
  attempt(target: Target): Promise<Answer>;
  /** False where another attempt at this target must not be made, e.g. because nobody has reserved the money for it. */
  allows(target: Target): boolean;
  /** True where the same target is worth another attempt at once, e.g. after its key was rotated. */
  renew(target: Target, error: GatewayError): Promise<boolean>;
  wait(milliseconds: number): Promise<void>;
  /** Milliseconds that are left until the deadline. */
  remainingMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

const BASE_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;

/** Found out before anything was sent: costs no attempt, and another target may be able. */
const UNABLE: ReadonlySet<ErrorKind> = new Set(['unsupported-parameter', 'misconfigured']);
/** Stays so for the length of a request. */
const HOPELESS: ReadonlySet<ErrorKind> = new Set(['upstream-unauthorized', 'upstream-not-found', 'upstream-quota']);

export async function failover<Target, Answer>(options: FailoverOptions<Target, Answer>): Promise<Answer> {
  const failures = new Map<Target, GatewayError>();
  const renewed = new Set<Target>();
  let queue = options.targets;
  let left = options.attempts;
  for (let round = 0; ; round += 1) {
    for (const target of queue) {
      for (let again = true; again && left > 0 && options.allows(target); ) {
        again = false;
        try {
          return await options.attempt(target);
        } catch (thrown) {
          const error = toGatewayError(thrown);
          failures.set(target, error);
          if (UNABLE.has(error.kind)) break;
          if (!error.traits.failover) throw error;
          left -= 1;
          if (left === 0 || renewed.has(target)) break;
          renewed.add(target);
          again = await options.renew(target, error);
        }
      }
    }
    queue = queue.filter((target) => options.allows(target) && worthAnother(failures.get(target)));
    const delay = delayBefore(round, queue, failures, options.random());
    if (left === 0 || queue.length === 0 || delay >= Math.min(options.remainingMs(), MAX_DELAY_MS + 1)) break;
    await options.wait(delay);
  }
  throw mostTelling([...failures.values()]);
}

function worthAnother(error: GatewayError | undefined): boolean {
  return error !== undefined && !UNABLE.has(error.kind) && !HOPELESS.has(error.kind);
}

/** Full jitter under an exponential bound, but never before the first provider that said when to come back wants it. */
function delayBefore<Target>(
  round: number,
  queue: readonly Target[],
  failures: ReadonlyMap<Target, GatewayError>,
  random: number,
): number {
  const asked = Math.min(...queue.map((target) => failures.get(target)?.retryAfterMs ?? 0));
  return Math.max(asked, random * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** round));
}

/** The last error of a provider, if one was asked: a caller can act on that, not on another target's missing secret. */
function mostTelling(errors: readonly GatewayError[]): GatewayError {
  const error = errors.findLast((candidate) => !UNABLE.has(candidate.kind)) ?? errors[0];
  if (error === undefined) throw new Error('No target was tried: a plan is never empty, and attempts are at least 1.');
  return error;
}
