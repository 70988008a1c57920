/** `POST /v1/embeddings`: as a chat, but without an answer to stream and without output to pay for. */
import type { ChatEvent } from '../core/chat.ts';
import type { EmbeddingsReply, EmbeddingsRequest } from '../core/embeddings.ts';
import { joinReplies, splitEmbeddings } from '../core/embeddings-batch.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import { embeddingsCodec } from '../dialects/embeddings.ts';
import { providerCodec } from '../dialects/index.ts';
import { decodeEmbeddingsRequest, encodeEmbeddingsResponse } from '../dialects/openai-chat/index.ts';
import { estimateTextTokens } from '../ledger/estimate-tokens.ts';
import { NO_NEED } from '../routing/capabilities.ts';
import { closeAttempt, type Exchange, encodeTarget, failAttempt, sendAttempt } from './attempt.ts';
import { totalsOf } from './build-row.ts';
import { dispatch } from './dispatch.ts';
import { answerHeaders } from './headers.ts';
import type { HttpResponse } from './http.ts';
import { decideLog } from './keep-content.ts';
import { nameUser } from './name-user.ts';
import type { ServeInput } from './serve-chat.ts';
import { parseAnswer } from './whole-answer.ts';

export async function serveEmbeddings(input: ServeInput): Promise<HttpResponse> {
  const { gateway, trace, remainingMs, priority, claim } = input;
  const request = decodeEmbeddingsRequest(input.body);
  trace.model = request.model;
  const { headers } = input.request;
  const caller = nameUser(input.caller, { headers, dialect: trace.dialect, endUser: request.endUser });
  trace.caller = caller;
  trace.asked = request;
  decideLog(trace, await gateway.setup(), request.model);
  const demand = {
    model: request.model,
    inputTokens: tokensOf(request),
    kinds: { audio: false, cacheWrite1h: false },
    maxOutputTokens: 0,
    candidates: 1,
    // What one input may hold is not its model's window for all of them, and providers say so themselves.
    need: NO_NEED,
  };
  const { exchange, release, untilOneAnswers } = await dispatch({
    gateway,
    trace,
    caller,
    demand,
    stream: false,
    remainingMs,
    priority,
    claim,
  });
  try {
    const reply = await untilOneAnswers((target) => embed(exchange, target, request));
    const text = JSON.stringify(encodeEmbeddingsResponse(reply, request, totalsOf(trace.attempts).usage));
    trace.responseBytes = Buffer.byteLength(text);
    return { statusCode: 200, headers: answerHeaders(trace, 'application/json'), body: text };
  } finally {
    release();
  }
}

function tokensOf(request: EmbeddingsRequest): number {
  return request.input.reduce<number>(
    (sum, item) => sum + (typeof item === 'string' ? estimateTextTokens(item) : item.length),
    0,
  );
}

/** Providers that take fewer inputs at once get several requests, one after the other. */
async function embed(exchange: Exchange, target: UpstreamTarget, request: EmbeddingsRequest): Promise<EmbeddingsReply> {
  const codec = embeddingsCodec(target.config.dialect);
  const replies: EmbeddingsReply[] = [];
  for (const part of splitEmbeddings(request, codec.maxInputs?.(target.model))) {
    replies.push(await embedOnce({ ...exchange, inputTokens: tokensOf(part) }, target, part));
  }
  return joinReplies(replies);
}

async function embedOnce(
  exchange: Exchange,
  target: UpstreamTarget,
  request: EmbeddingsRequest,
): Promise<EmbeddingsReply> {
  const { dialect } = target.config;
  const codec = embeddingsCodec(dialect);
  const encoded = codec.encode(request, encodeTarget(exchange, target));
  const attempt = await sendAttempt(exchange, target, encoded, providerCodec(dialect).decodeError);
  try {
    const reply = codec.decode(parseAnswer(await attempt.reply.text(), attempt), request);
    attempt.watch.see(eventsOf(reply));
    closeAttempt(exchange, attempt);
    return reply;
  } catch (error) {
    throw failAttempt(exchange, attempt, error);
  }
}

/** What the log wants to know, told as a chat would tell it. */
function eventsOf({ model, usage }: EmbeddingsReply): readonly ChatEvent[] {
  return [
    { type: 'response-start', id: '', model },
    ...(usage === undefined ? [] : [{ type: 'usage', usage } as const]),
    { type: 'finish', choice: 0, reason: 'stop' },
  ];
}
