/** One upstream request, whatever it is about: sent, classified and booked. */
import type { EncodedRequest, EncodeTarget, ErrorReply } from '../core/codec.ts';
import { type ErrorKind, GatewayError, toGatewayError } from '../core/errors.ts';
import type { UpstreamReply, UpstreamTarget } from '../core/ports.ts';
import { quirksOf } from '../core/quirks.ts';
import { NO_USAGE, type ServiceTerm, withoutCache } from '../core/usage.ts';
import { costNano, isPriced } from '../ledger/prices.ts';
import type { ModelSettings } from '../routing/plan.ts';
import type { Gateway, Setup } from './gateway.ts';
import { withPatience } from './patience.ts';
import { priceOf } from './payable.ts';
import { type AttemptTrace, openAttempt, passOver, type Trace } from './trace.ts';
import { createWatch, type Watch } from './watch.ts';

/** What all attempts of a request share. */
export interface Exchange {
  readonly gateway: Gateway;
  readonly setup: Setup;
  readonly trace: Trace;
  readonly settings: ModelSettings;
  readonly stream: boolean;
  /** Made when it is asked for. */
  conversation(): string;
  /** As the key was granted it, 0 to 9. */
  readonly priority: number;
  /** Estimated; booked where a provider reports nothing. */
  readonly inputTokens: number;
  /** That the request asks for: they count where a provider does not say what it served. */
  readonly terms: readonly ServiceTerm[];
  /** Aborted, with a `GatewayError` as its reason, when the request's time is up. */
  readonly deadline: AbortSignal;
  /** An answer that had begun broke off, by the target's doing. */
  broke(target: UpstreamTarget, error: GatewayError): void;
}

export interface Attempt {
  readonly target: UpstreamTarget;
  readonly reply: UpstreamReply;
  readonly watch: Watch;
  readonly trace: AttemptTrace;
  readonly abort: AbortController;
}

/** Sends, and returns once a reply with a good status is there. Throws the `GatewayError` that the failure is. */
export async function sendAttempt(
  exchange: Exchange,
  target: UpstreamTarget,
  encoded: EncodedRequest,
  decodeError: (reply: ErrorReply) => GatewayError,
  stream = exchange.stream,
): Promise<Attempt> {
  const { gateway, settings } = exchange;
  const dropped = requireTaken(exchange, target, encoded);
  const trace = openAttempt(exchange.trace, target.provider, target.model, gateway.clock.now());
  trace.dropped = dropped;
  const abort = new AbortController();
  const watch = createWatch(trace);
  try {
    const reply = await gateway.upstream.send(target, encoded, {
      stream,
      signal: AbortSignal.any([exchange.deadline, abort.signal]),
      connectMs: settings.timeouts.connectMs,
      firstTokenMs: settings.timeouts.firstTokenMs,
      idleMs: settings.timeouts.idleMs,
      ...(target.config.affinity === 'prefix' ? { conversation: exchange.conversation() } : {}),
      hasBegun: () => watch.isAnswering,
      sending: (key) => {
        trace.sent = true;
        trace.key = key;
      },
    });
    trace.status = reply.status;
    if (reply.status < 200 || reply.status > 299) {
      // Dates are read by the provider's clock, and by ours where it does not show it.
      const headers = { date: new Date(gateway.clock.now()).toUTCString(), ...reply.headers };
      throw decodeError({ status: reply.status, headers, body: await reply.text() });
    }
    const frames: UpstreamReply['frames'] = (framing) =>
      withPatience(reply.frames(framing), {
        provider: target.provider,
        idleMs: settings.timeouts.idleMs,
        atLeastMs: () => (watch.isAnswering ? 0 : settings.timeouts.firstTokenMs),
        progress: () => watch.progress,
        hasBegun: () => watch.hasContent,
        now: gateway.clock.now,
        giveUp: (error) => abort.abort(error),
      });
    return { target, reply: { ...reply, frames }, watch, trace, abort };
  } catch (error) {
    throw failAttempt(exchange, { target, watch, trace, abort }, error);
  }
}

export function encodeTarget(exchange: Exchange, target: UpstreamTarget): EncodeTarget {
  return {
    model: target.model,
    defaultMaxOutputTokens: exchange.settings.maxOutputTokens ?? exchange.setup.config.defaultMaxOutputTokens,
    quirks: quirksOf(target.config.quirks),
    priority: exchange.priority,
  };
}

/** The list goes into a header, a row and a message; a client may send thousands of fields, with names of a megabyte. */
const MAX_DROPPED = 32;
const MAX_DROPPED_NAME = 128;

/** Nothing is left out in silence: a 400 that names it, or, where the model allows it, a header that does. */
function requireTaken(exchange: Exchange, target: UpstreamTarget, encoded: EncodedRequest): readonly string[] {
  const dropped = encoded.dropped.slice(0, MAX_DROPPED).map((name) => name.slice(0, MAX_DROPPED_NAME));
  const [first] = dropped;
  if (first !== undefined && !exchange.settings.dropParams) {
    const names = dropped.map((name) => `"${name}"`).join(', ');
    throw new GatewayError(
      'unsupported-parameter',
      `${target.provider}/${target.model} cannot take ${names}. Leave it out, or let the operator set dropParams for this model.`,
      { param: first },
    );
  }
  return dropped;
}

/** Nothing a caller could mend. */
const FOR_THE_OPERATOR: ReadonlySet<ErrorKind> = new Set(['misconfigured', 'upstream-unauthorized']);

type Failing = Pick<Attempt, 'target' | 'watch' | 'trace' | 'abort'>;

/** Books a failed attempt and lets go of its connection; returns what to throw. */
export function failAttempt(exchange: Exchange, attempt: Failing, thrown: unknown): GatewayError {
  const error = reasonOf(attempt.abort.signal) ?? reasonOf(exchange.deadline) ?? toGatewayError(thrown);
  attempt.trace.error = error;
  const { keyless } = exchange.gateway;
  if (error.kind === 'misconfigured' && keyless.has(attempt.target)) {
    passOver(exchange.trace, { target: attempt.target, reason: 'no-key' });
    keyless.warn(attempt.target);
  } else if (FOR_THE_OPERATOR.has(error.kind)) {
    const { provider, model } = attempt.target;
    // The message of a refused key stays out: some providers quote the key in it.
    const reason = error.traits.expose ? error.message : undefined;
    exchange.gateway.report('error', 'A provider cannot be used as it is set up.', {
      requestId: exchange.trace.requestId,
      provider,
      model,
      kind: error.kind,
      status: error.upstreamStatus,
      reason,
    });
  }
  closeAttempt(exchange, attempt);
  attempt.abort.abort();
  return error;
}

/** Books what an attempt consumed, once its end is known. */
export function closeAttempt(exchange: Exchange, attempt: Pick<Attempt, 'target' | 'watch' | 'trace'>): void {
  const { trace } = attempt;
  trace.endedAtMs = exchange.gateway.clock.now();
  Object.assign(trace, attempt.watch.usage(exchange));
  const price = priceOf(exchange.setup, attempt.target, exchange.trace.startedAtMs);
  const { terms, usage } = trace;
  trace.serviceTier = terms.length === 0 ? undefined : terms.join('+');
  trace.unpriced = price === undefined || !isPriced(price, terms);
  trace.costNano = price === undefined ? 0 : costNano(price, usage, terms);
  trace.uncachedCostNano = price === undefined ? 0 : costNano(price, withoutCache(usage), terms);
  if (!mayBeBilled(trace)) return;
  const sent = { ...NO_USAGE, inputTokens: exchange.inputTokens };
  trace.estimate = {
    inputTokens: sent.inputTokens,
    outputTokens: 0,
    costNano: price === undefined ? 0 : costNano(price, sent, exchange.terms),
  };
}

/**
 * Failed after it was sent, with nothing to show for it: a provider that was slow, or broke off, may have read the prompt.
 * Errors are free with all of them.
 */
function mayBeBilled({ sent, error, status, usageSource }: AttemptTrace): boolean {
  if (!sent || error === undefined || usageSource !== 'none') return false;
  if (status === undefined) return error.kind !== 'upstream-unreachable';
  return status >= 200 && status <= 299;
}

function reasonOf(signal: AbortSignal): GatewayError | undefined {
  return signal.aborted && signal.reason instanceof GatewayError ? signal.reason : undefined;
}
