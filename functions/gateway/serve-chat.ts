/** One chat request, read top to bottom. Throws `GatewayError` for everything that is refused before the first byte. */
import { Readable } from 'node:stream';
import type { ClientDialect } from '../core/chat.ts';
import type { RequestParams } from '../core/codec.ts';
import type { JsonObject } from '../core/json.ts';
import type { Caller } from '../core/ports.ts';
import { clientCodec } from '../dialects/index.ts';
import { conversationOf } from '../routing/conversation.ts';
import { demandOf } from './admit.ts';
import type { Call, StreamFormat } from './chat-attempt.ts';
import { CLOSING_MS, dispatch } from './dispatch.ts';
import type { Gateway } from './gateway.ts';
import { answerHeaders } from './headers.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { decideLog } from './keep-content.ts';
import { nameUser } from './name-user.ts';
import { passedHeaders } from './passed-headers.ts';
import { pingOf } from './pings.ts';
import { openStream, streamAnswer } from './stream-answer.ts';
import type { Trace } from './trace.ts';
import { wholeAnswer } from './whole-answer.ts';

export interface ServeInput {
  readonly gateway: Gateway;
  readonly trace: Trace;
  readonly caller: Caller;
  readonly request: HttpRequest;
  readonly params: RequestParams;
  readonly body: JsonObject;
  readonly priority: number;
  /** Settles with the reservation: rejects where this request must not run, because it is a repeat. */
  readonly claim?: (deadlineMs: number) => Promise<void>;
  /** What is left of the invocation, in milliseconds. */
  readonly remainingMs: number;
}

export async function serveChat(input: ServeInput): Promise<HttpResponse> {
  const { gateway, trace, body, remainingMs, priority, claim } = input;
  const client = clientCodec(trace.dialect);
  const request = client.decodeRequest(body, input.params);
  const { stream } = request;
  trace.model = request.model;
  trace.stream = stream;
  const { headers } = input.request;
  const caller = nameUser(input.caller, { headers, dialect: trace.dialect, endUser: request.endUser });
  trace.caller = caller;
  trace.asked = request;
  decideLog(trace, await gateway.setup(), request.model);

  // What may refuse the request comes before what has to be given back.
  const clientHeaders = passedHeaders(trace.dialect, headers);
  const demand = demandOf(request);
  const { exchange, outputCap, stop, release, untilOneAnswers } = await dispatch({
    gateway,
    trace,
    caller,
    demand,
    stream,
    remainingMs,
    priority,
    claim,
    conversation: once(() => conversationOf(request, { keyId: caller.keyId, headers })),
  });
  const call: Call = {
    ...exchange,
    client,
    body,
    format: streamFormat(trace.dialect, input.request.query),
    clientHeaders,
    request: outputCap === undefined ? request : { ...request, maxOutputTokens: outputCap },
  };
  gateway.shadows.mirror(call, demand, trace.startedAtMs + remainingMs - CLOSING_MS);
  if (!stream) {
    try {
      const text = await untilOneAnswers((target) => wholeAnswer(call, target));
      trace.responseBytes = Buffer.byteLength(text);
      return { statusCode: 200, headers: answerHeaders(trace, 'application/json'), body: text };
    } finally {
      release();
    }
  }
  const pieces = streamAnswer(call, () => untilOneAnswers((target) => openStream(call, target)), stop);
  try {
    const first = await pieces.next();
    const isDecided = first.value !== pingOf(call.format);
    const rest = followed(first.done === true ? '' : first.value, pieces, release);
    return {
      statusCode: 200,
      headers: { ...answerHeaders(trace, CONTENT_TYPES[call.format], isDecided), 'cache-control': 'no-cache' },
      body: Readable.from(rest, { objectMode: false }),
    };
  } catch (error) {
    release();
    throw error;
  }
}

const CONTENT_TYPES: { readonly [F in StreamFormat]: string } = {
  sse: 'text/event-stream; charset=utf-8',
  'json-array': 'application/json; charset=utf-8',
};

/** Google's clients ask for server-sent events by `alt=sse`; who does not gets an array that grows. */
function streamFormat(dialect: ClientDialect, query: URLSearchParams): StreamFormat {
  return dialect === 'gemini' && query.get('alt') !== 'sse' ? 'json-array' : 'sse';
}

async function* followed(first: string, rest: AsyncGenerator<string>, close: () => void): AsyncGenerator<string> {
  try {
    yield first;
    yield* rest;
  } finally {
    close();
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
