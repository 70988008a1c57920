/** One attempt at a chat: encoded for its target from the original request. */
import type { ChatRequest } from '../core/chat.ts';
import type { AnswerContext, ClientCodec, EncodedRequest, ProviderCodec } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import { findRemoteMedia, urlKinds } from '../core/remote-media.ts';
import { providerCodec } from '../dialects/index.ts';
import { mayThink } from '../routing/thinking.ts';
import { type Attempt, type Exchange, encodeTarget, sendAttempt } from './attempt.ts';

export type StreamFormat = NonNullable<AnswerContext['format']>;

export interface Call extends Exchange {
  readonly client: ClientCodec;
  /** The client's own body, for targets that speak its dialect. */
  readonly body: JsonObject;
  /** The client's headers that targets of its own dialect may see. */
  readonly clientHeaders: { readonly [name: string]: string };
  readonly request: ChatRequest;
  readonly format: StreamFormat;
}

export interface ChatAttempt extends Attempt {
  readonly provider: ProviderCodec;
  readonly encoded: EncodedRequest;
  /** Client and provider speak one dialect: what comes back goes through as it is. */
  readonly passthrough: boolean;
  /** How long this target may take to the first content of this request. */
  readonly firstTokenMs: number;
}

/** `stream` is how the provider is asked, whatever the client wants. */
export async function openChat(call: Call, target: UpstreamTarget, stream: boolean): Promise<ChatAttempt> {
  const provider = providerCodec(target.config.dialect);
  const passthrough = passesThrough(call, target);
  const asked = stream === call.request.stream ? call : { ...call, request: { ...call.request, stream } };
  const encoded = passthrough ? forward(asked, provider, target) : await translate(asked, provider, target);
  const { timeouts } = call.settings;
  const firstTokenMs = mayThink(target.model, call.request.reasoning) ? timeouts.thinkingMs : timeouts.firstTokenMs;
  const settings = { ...call.settings, timeouts: { ...timeouts, firstTokenMs } };
  const attempt = await sendAttempt({ ...call, settings }, target, encoded, provider.decodeError, stream);
  return { ...attempt, provider, encoded, passthrough, firstTokenMs };
}

export function passesThrough(call: Call, target: UpstreamTarget): boolean {
  return target.config.dialect === call.client.dialect && canForward(call, target);
}

/** Frames go through as they are only where both streams are framed alike, a body only where the target can read all of it. */
function canForward({ format, stream, request }: Call, target: UpstreamTarget): boolean {
  const readable = urlKinds(target.config.dialect, target.config.quirks);
  return (format === 'sse' || !stream) && findRemoteMedia(request, (kind) => readable.includes(kind)).length === 0;
}

function forward(call: Call, provider: ProviderCodec, target: UpstreamTarget): EncodedRequest {
  const encoded = provider.forwardRequest(call.body, call.request, encodeTarget(call, target));
  return { ...encoded, headers: { ...encoded.headers, ...call.clientHeaders } };
}

async function translate(call: Call, provider: ProviderCodec, target: UpstreamTarget): Promise<EncodedRequest> {
  const { request, setup, deadline } = call;
  const [field] = provider.dialect === call.client.dialect ? [] : (request.nativeOnly ?? []);
  if (field !== undefined) {
    throw new GatewayError(
      'unsupported-parameter',
      `"${field}" needs a provider that speaks ${call.client.dialect} itself; ${target.provider}/${target.model} does not.`,
      { param: field },
    );
  }
  const encoding = encodeTarget(call, target);
  const readable = urlKinds(provider.dialect, encoding.quirks);
  const whole = await setup.media.inline(request, (kind) => readable.includes(kind), deadline);
  return provider.encodeRequest(whole, encoding);
}

export function answerContext(call: Call): AnswerContext {
  const { requestId, startedAtMs } = call.trace;
  return { requestId, createdAt: Math.floor(startedAtMs / 1000), format: call.format, request: call.request };
}
