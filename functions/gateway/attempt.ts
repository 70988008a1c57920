/** One upstream request: encoded for its target from the original request, sent, and classified. */
import type { ChatRequest } from '../core/chat.ts';
import type { AnswerContext, ClientCodec, EncodedRequest, ProviderCodec } from '../core/codec.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { UpstreamReply, UpstreamTarget } from '../core/ports.ts';
import { quirksOf } from '../core/quirks.ts';
import { providerCodec } from '../dialects/index.ts';
import { costNano } from '../ledger/prices.ts';
import type { ModelSettings } from '../routing/plan.ts';
import { priceOf } from './admit.ts';
import type { Gateway, Setup } from './gateway.ts';
import { type AttemptTrace, openAttempt, type Trace } from './trace.ts';
import { createWatch, type Watch } from './watch.ts';

export type StreamFormat = NonNullable<AnswerContext['format']>;

/** What all attempts of a request share. */
export interface Call {
  readonly gateway: Gateway;
  readonly setup: Setup;
  readonly trace: Trace;
  readonly client: ClientCodec;
  /** The client's own body, for targets that speak its dialect. */
  readonly body: JsonObject;
  /** The client's headers that targets of its own dialect may see. */
  readonly clientHeaders: { readonly [name: string]: string };
  readonly request: ChatRequest;
  readonly format: StreamFormat;
  readonly inputTokens: number;
  readonly settings: ModelSettings;
  /** Aborted, with a `GatewayError` as its reason, when the request's time is up. */
  readonly deadline: AbortSignal;
}

export interface Attempt {
  readonly target: UpstreamTarget;
  readonly provider: ProviderCodec;
  readonly encoded: EncodedRequest;
  /** Client and provider speak one dialect: what comes back goes through as it is. */
  readonly passthrough: boolean;
  readonly reply: UpstreamReply;
  readonly watch: Watch;
  readonly trace: AttemptTrace;
  readonly abort: AbortController;
}

/** Sends, and returns once a reply with a good status is there. Throws the `GatewayError` that the failure is. */
export async function openUpstream(call: Call, target: UpstreamTarget): Promise<Attempt> {
  const { gateway, settings } = call;
  const provider = providerCodec(target.config.dialect);
  // Frames can only go through as they are where the client's stream is framed as the provider's.
  const passthrough = provider.dialect === call.client.dialect && (call.format === 'sse' || !call.request.stream);
  const encoded = encode(call, provider, target, passthrough);
  const trace = openAttempt(call.trace, target.provider, target.model, gateway.clock.now());
  const abort = new AbortController();
  const watch = createWatch(trace);
  try {
    const reply = await gateway.upstream.send(target, encoded, {
      stream: call.request.stream,
      signal: AbortSignal.any([call.deadline, abort.signal]),
      connectMs: settings.timeouts.connectMs,
      firstTokenMs: settings.timeouts.firstTokenMs,
      idleMs: settings.timeouts.idleMs,
    });
    trace.status = reply.status;
    if (reply.status < 200 || reply.status > 299) {
      throw provider.decodeError({ status: reply.status, headers: reply.headers, body: await reply.text() });
    }
    return { target, provider, encoded, passthrough, reply, watch, trace, abort };
  } catch (error) {
    throw failAttempt(call, { target, watch, trace, abort }, error);
  }
}

function encode(call: Call, provider: ProviderCodec, target: UpstreamTarget, passthrough: boolean): EncodedRequest {
  const encodeTarget = {
    model: target.model,
    defaultMaxOutputTokens: call.settings.maxOutputTokens ?? call.setup.config.defaultMaxOutputTokens,
    quirks: quirksOf(target.config.quirks),
  };
  const encoded = passthrough
    ? provider.forwardRequest(call.body, call.request, encodeTarget)
    : provider.encodeRequest(call.request, encodeTarget);
  const [first] = encoded.dropped;
  if (first !== undefined && !call.settings.dropParams) {
    const names = encoded.dropped.map((name) => `"${name}"`).join(', ');
    throw new GatewayError(
      'unsupported-parameter',
      `${target.provider}/${target.model} cannot take ${names}. Leave it out, or let the operator set dropParams for this model.`,
      { param: first },
    );
  }
  call.trace.dropped = encoded.dropped;
  return passthrough ? { ...encoded, headers: { ...encoded.headers, ...call.clientHeaders } } : encoded;
}

type Failing = Pick<Attempt, 'target' | 'watch' | 'trace' | 'abort'>;

/** Books a failed attempt and lets go of its connection; returns what to throw. */
export function failAttempt(call: Call, attempt: Failing, thrown: unknown): GatewayError {
  const error = reasonOf(attempt.abort.signal) ?? reasonOf(call.deadline) ?? toGatewayError(thrown);
  attempt.trace.error = error;
  closeAttempt(call, attempt);
  attempt.abort.abort();
  return error;
}

/** Books what an attempt consumed, once its end is known. */
export function closeAttempt(call: Call, attempt: Pick<Attempt, 'target' | 'watch' | 'trace'>): void {
  const { trace } = attempt;
  trace.endedAtMs = call.gateway.clock.now();
  Object.assign(trace, attempt.watch.usage(call.inputTokens));
  const price = priceOf(call.setup, attempt.target, call.trace.startedAtMs);
  trace.unpriced = price === undefined;
  trace.costNano = price === undefined ? 0 : costNano(price, trace.usage);
}

function reasonOf(signal: AbortSignal): GatewayError | undefined {
  return signal.aborted && signal.reason instanceof GatewayError ? signal.reason : undefined;
}
