/** One chat request, read top to bottom. Throws `GatewayError` for everything that is refused before the first byte. */
import { Readable } from 'node:stream';
import type { ClientDialect } from '../core/chat.ts';
import type { RequestParams } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Caller, UpstreamTarget } from '../core/ports.ts';
import { clientCodec } from '../dialects/index.ts';
import { failover } from '../routing/failover.ts';
import { plan as planTargets } from '../routing/plan.ts';
import { admit } from './admit.ts';
import type { Call, StreamFormat } from './attempt.ts';
import type { Gateway } from './gateway.ts';
import { answerHeaders } from './headers.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { passedHeaders } from './passed-headers.ts';
import { openStream, streamAnswer } from './stream-answer.ts';
import type { Trace } from './trace.ts';
import { wholeAnswer } from './whole-answer.ts';

export interface ChatInput {
  readonly gateway: Gateway;
  readonly trace: Trace;
  readonly caller: Caller;
  readonly body: JsonObject;
  readonly params: RequestParams;
  readonly request: HttpRequest;
  /** What is left of the invocation, in milliseconds. */
  readonly remainingMs: number;
}

/** Kept back from the invocation's time: for the error event, settlement and the row. */
const CLOSING_MS = 5_000;

export async function serveChat(input: ChatInput): Promise<HttpResponse> {
  const { gateway, trace, caller, body, remainingMs } = input;
  const client = clientCodec(trace.dialect);
  const request = client.decodeRequest(body, input.params);
  trace.model = request.model;
  trace.stream = request.stream;

  const setup = await gateway.setup();
  trace.configVersion = setup.version;
  trace.priceVersion = setup.prices.version;
  const plan = planTargets({ config: setup.config, model: request.model, caller, draw: gateway.random() });

  const totalMs = Math.min(plan.settings.timeouts.totalMs, Math.max(0, remainingMs - CLOSING_MS));
  const deadlineMs = gateway.clock.now() + totalMs;
  const admission = await admit({ gateway, setup, plan, request, caller, trace, deadlineMs });

  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(
      new GatewayError('deadline', `The request was not answered within ${Math.round(totalMs / 1000)} s.`),
    );
  }, totalMs);
  const call: Call = {
    gateway,
    setup,
    trace,
    client,
    body,
    format: streamFormat(trace.dialect, input.request.query),
    clientHeaders: passedHeaders(trace.dialect, input.request.headers),
    request: admission.request,
    inputTokens: admission.inputTokens,
    settings: plan.settings,
    deadline: deadline.signal,
  };
  const untilOneAnswers = <Answer>(attempt: (target: UpstreamTarget) => Promise<Answer>): Promise<Answer> =>
    failover({
      targets: admission.targets,
      attempts: plan.settings.attempts,
      attempt,
      renew: (target, error) => renew(gateway, target, error),
      wait: (milliseconds) => gateway.wait(milliseconds, deadline.signal),
      remainingMs: () => deadlineMs - gateway.clock.now(),
      random: gateway.random,
    });

  if (!request.stream) {
    try {
      const text = await untilOneAnswers((target) => wholeAnswer(call, target));
      trace.responseBytes = Buffer.byteLength(text);
      return { statusCode: 200, headers: answerHeaders(trace, 'application/json'), body: text };
    } finally {
      clearTimeout(timer);
    }
  }
  const pieces = streamAnswer(call, () => untilOneAnswers((target) => openStream(call, target)), deadline);
  try {
    const first = await pieces.next();
    const rest = whole(first.done === true ? '' : first.value, pieces, () => clearTimeout(timer));
    return {
      statusCode: 200,
      headers: { ...answerHeaders(trace, CONTENT_TYPES[call.format]), 'cache-control': 'no-cache' },
      body: Readable.from(rest, { objectMode: false }),
    };
  } catch (error) {
    clearTimeout(timer);
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

async function* whole(first: string, rest: AsyncGenerator<string>, close: () => void): AsyncGenerator<string> {
  try {
    yield first;
    yield* rest;
  } finally {
    close();
  }
}

/** A key that was rotated under us is read again once, and the same target tried with it. */
async function renew(gateway: Gateway, target: UpstreamTarget, error: GatewayError): Promise<boolean> {
  if (error.kind !== 'upstream-unauthorized') return false;
  gateway.report('error', 'A provider refused our key.', { provider: target.provider, status: error.upstreamStatus });
  return gateway.upstream.reauthorize(target);
}
