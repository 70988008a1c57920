/**
 * How many tokens a request would have: asked of the provider where it counts for nothing, counted here where it does
 * not. Costs nothing, reserves nothing and makes no row.
 */
import type { ChatRequest, ClientDialect, Dialect } from '../core/chat.ts';
import type { EncodedRequest, EncodeTarget, RequestParams } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import { quirksOf } from '../core/quirks.ts';
import * as anthropic from '../dialects/anthropic-messages/index.ts';
import * as gemini from '../dialects/gemini/index.ts';
import { providerCodec } from '../dialects/index.ts';
import { assignArm } from '../routing/experiments.ts';
import { plan as planTargets } from '../routing/plan.ts';
import { refusePlan } from '../routing/refuse-plan.ts';
import { type HttpResponse, jsonResponse } from './http.ts';
import type { ServeInput } from './serve-chat.ts';

interface CountClient {
  decode(body: JsonObject, params: RequestParams): ChatRequest;
  encode(tokens: number): JsonObject;
}

interface CountProvider {
  encode(request: ChatRequest, target: EncodeTarget): EncodedRequest;
  decode(body: Json): number;
}

const CLIENTS: { readonly [D in ClientDialect]?: CountClient } = {
  'anthropic-messages': { decode: anthropic.decodeCountRequest, encode: anthropic.encodeCountResponse },
  gemini: {
    decode: gemini.decodeCountRequest,
    encode: (totalTokens) => gemini.encodeCountResponse({ totalTokens }),
  },
};

const PROVIDERS: { readonly [D in Dialect]?: CountProvider } = {
  'anthropic-messages': { encode: anthropic.encodeCountRequest, decode: anthropic.decodeCountResponse },
  gemini: { encode: gemini.encodeCountRequest, decode: gemini.decodeCountResponse },
};

export async function serveCount(input: ServeInput): Promise<HttpResponse> {
  const { gateway, trace, caller, body, params } = input;
  const client = CLIENTS[trace.dialect];
  if (client === undefined) throw new GatewayError('not-found', 'This dialect has no way to ask for a count.');
  const request = client.decode(body, params);
  const { config } = await gateway.setup();
  const { model } = request;
  const nowMs = trace.startedAtMs;
  const { requestId, metadata } = trace;
  const instead = assignArm({ config, model, caller, requestId, metadata })?.instead ?? {};
  const { targets, skipped } = planTargets({
    config,
    model,
    caller,
    draw: gateway.random(),
    nowMs,
    instead,
    cooling: gateway.health.cooling(nowMs),
    keyless: gateway.keyless,
  });
  const [target] = targets;
  if (target === undefined) throw refusePlan(model, skipped, nowMs);
  const provider = PROVIDERS[target.config.dialect];
  const tokens =
    provider === undefined
      ? await gateway.tokens.count(request, target.model)
      : await ask(input, target, provider, request, config.defaultMaxOutputTokens);
  return jsonResponse(200, client.encode(tokens), { 'x-tollgate-request-id': trace.requestId });
}

const PATIENCE_MS = 10_000;

async function ask(
  { gateway }: ServeInput,
  target: UpstreamTarget,
  provider: CountProvider,
  request: ChatRequest,
  defaultMaxOutputTokens: number,
): Promise<number> {
  const encoded = provider.encode(request, {
    model: target.model,
    defaultMaxOutputTokens,
    quirks: quirksOf(target.config.quirks),
  });
  const reply = await gateway.upstream.send(target, encoded, {
    stream: false,
    signal: AbortSignal.timeout(PATIENCE_MS),
    connectMs: 3_000,
    firstTokenMs: PATIENCE_MS,
    idleMs: PATIENCE_MS,
  });
  const text = await reply.text();
  if (reply.status !== 200) {
    throw providerCodec(target.config.dialect).decodeError({
      status: reply.status,
      headers: reply.headers,
      body: text,
    });
  }
  return provider.decode(JSON.parse(text) as Json);
}
