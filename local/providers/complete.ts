/** One request to a simulated provider, from its body to the invoice. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject } from '../../functions/core/json.ts';
import { NO_USAGE, type Usage } from '../../functions/core/usage.ts';
import { composeAnswer } from './answer.ts';
import { type Delivered, type Delivery, deliverStream, deliverWhole, EVENT_STREAM } from './deliver.ts';
import { FAULTS, type FaultPlan, parseModel } from './faults.ts';
import { createPace } from './pace.ts';
import {
  type Asked,
  addressOf,
  type Calculation,
  type Problem,
  type Reading,
  type Reply,
  type SimulatedEndpoint,
  type SimulatedProvider,
  type WireError,
} from './provider.ts';
import { createRandom, digest, identifier } from './seed.ts';
import type { Shared } from './shared.ts';
import { sendJson } from './transfer.ts';

export interface Exchange {
  readonly provider: SimulatedEndpoint;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly shared: Shared;
}

export async function complete(exchange: Exchange): Promise<void> {
  const { provider, shared, response } = exchange;
  shared.count += 1;
  const requestId = `req_${digest(`${provider.name}${shared.count}`).slice(0, 24)}`;
  const refuse = (error: WireError, model: string, headers = {}): void => {
    shared.invoice.fail(provider.name, model);
    sendJson(response, error.status, error.body, { ...provider.headers(requestId), ...error.headers, ...headers });
  };
  const key = provider.credential(exchange.request.headers);
  if (key === undefined || key === '' || key === 'invalid') {
    const unauthorized = { status: 401, model: '', requestId };
    return refuse(provider.encodeKeyError?.(key) ?? provider.encodeError('unauthorized', unauthorized), 'unknown');
  }
  if (exchange.method === 'GET' && exchange.path.startsWith(provider.modelsPath)) {
    return sendJson(response, 200, provider.models(), provider.headers(requestId));
  }
  const address = exchange.method === 'POST' ? addressOf(provider, exchange.path, exchange.query) : undefined;
  if (address === undefined) {
    return refuse(provider.encodeError('not-found', { status: 404, model: exchange.path, requestId }), 'unknown');
  }
  const body = parse(exchange.body);
  const asked: Asked = {
    ...address,
    model: address.model ?? modelOf(body),
    stream: address.stream ?? body?.stream === true,
  };
  const problem =
    body === undefined ? { message: 'The body is not a JSON object.' } : findProblem(exchange, body, asked);
  if (body === undefined || problem !== undefined) {
    return refuse(provider.encodeProblem(problem ?? { message: '' }, requestId), asked.model);
  }
  const model = parseModel(asked.model);
  const work = prepare(exchange, body, asked, requestId);
  const isFirst = shared.firstTimes.isFirst(`${asked.model}|${work.seed}`);
  const plan = isFirst ? { ...model.plan, ...model.oncePlan } : model.plan;
  const refusesPrefill = plan.refusesPrefill === true && endsWithAssistant(body);
  if (refusesPrefill) {
    const message =
      'This model does not support assistant message prefill. The conversation must end with a user message.';
    return refuse(provider.encodeProblem({ message }, requestId), model.name);
  }
  const error = errorOf(plan, asked.stream);
  if (error !== undefined) {
    const { name, status, headers = {} } = error;
    const wire = provider.encodeError(name, { status, model: model.name, requestId, headers });
    return refuse(wire, model.name, wire.retryInBody === true ? {} : headers);
  }
  if (plan.connection !== undefined || plan.body !== undefined) {
    shared.invoice.fail(provider.name, model.name);
    const usual = asked.stream ? (provider.streamType ?? EVENT_STREAM) : 'application/json';
    return breakOff(plan, exchange, { ...provider.headers(requestId), 'content-type': plan.contentType ?? usual });
  }
  await work.deliver(plan);
}

interface Work {
  /** Equal for equal requests. */
  readonly seed: string;
  deliver(plan: FaultPlan): Promise<void>;
}

function prepare(exchange: Exchange, body: JsonObject, asked: Asked, requestId: string): Work {
  const { provider } = exchange;
  const model = parseModel(asked.model).name;
  if ('calculate' in provider) {
    const calculation = provider.calculate(body, model);
    return { seed: exchange.body, deliver: (plan) => calculate(exchange, calculation, { model, plan, requestId }) };
  }
  const reading = provider.read(body, model, asked);
  return {
    seed: reading.question.seed,
    deliver: (plan) => answer({ ...exchange, provider }, body, reading, { asked, plan, requestId }),
  };
}

/** A result is small and comes at once, but for the faults. */
async function calculate(
  { provider, shared, response }: Exchange,
  { body, inputTokens }: Calculation,
  { model, plan, requestId }: { readonly model: string; readonly plan: FaultPlan; readonly requestId: string },
): Promise<void> {
  const delivery: Delivery = {
    response,
    plan,
    headers: provider.headers(requestId),
    pace: createPace(model, { fast: true, ...plan }),
    signal: signalOf(response),
    errorEvent: '',
    malformedEvent: '',
  };
  const shown = plan.omitUsage === true ? { ...body, usage: undefined } : body;
  const { complete } = await deliverWhole(delivery, JSON.stringify(shown), []);
  if (inputTokens !== undefined) shared.invoice.charge(provider.name, model, { ...NO_USAGE, inputTokens }, complete);
}

interface Generation extends Exchange {
  readonly provider: SimulatedProvider;
}

async function answer(
  exchange: Generation,
  body: JsonObject,
  reading: Reading,
  { asked, plan, requestId }: { readonly asked: Asked; readonly plan: FaultPlan; readonly requestId: string },
): Promise<void> {
  const { provider, shared, response } = exchange;
  const question = {
    ...reading.question,
    answerTokens: plan.answerTokens,
    tokenChars: plan.tokenChars,
    filterAfterTokens: plan.filterAfterTokens,
  };
  const others = Array.from({ length: reading.candidates - 1 }, (_, index) => composeAnswer(question, index + 1));
  const answers = [composeAnswer(question), ...others] as const;
  const input = inputUsage(exchange, reading);
  const reply: Reply = {
    id: identifier(createRandom(`${question.seed}#${shared.count}`), 24),
    createdAt: Math.floor(shared.now() / 1000),
    model: question.model,
    answers,
    usage: {
      ...input,
      outputTokens: answers.reduce((sum, item) => sum + item.outputTokens, 0),
      reasoningTokens: answers.reduce((sum, item) => sum + item.reasoningTokens, 0),
    },
    omitUsage: plan.omitUsage === true,
    request: body,
    asked,
  };
  const delivery: Delivery = {
    response,
    plan,
    headers: provider.headers(requestId),
    pace: createPace(question.seed, plan),
    signal: signalOf(response),
    errorEvent: provider.errorEvent({ status: 529, model: question.model, requestId }),
    malformedEvent: provider.malformedEvent,
  };
  const delivered: Delivered = asked.stream
    ? await deliverStream(delivery, provider.encodeStream(reply))
    : await deliverWhole(delivery, JSON.stringify(provider.encodeWhole(reply)), answers);
  const { outputTokens, reasoningTokens } = delivered;
  shared.invoice.charge(provider.name, question.model, { ...input, outputTokens, reasoningTokens }, delivered.complete);
}

/** Aborts when the client leaves. */
function signalOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function inputUsage({ provider, shared }: Generation, { question, prompt }: Reading): Usage {
  const tokens = prompt.reduce((sum, piece) => sum + piece.tokens, 0);
  const { readTokens, write5mTokens, write1hTokens } = provider.useCache(shared.cache, question.model, prompt);
  return {
    ...NO_USAGE,
    inputTokens: tokens - readTokens - write5mTokens - write1hTokens,
    cacheReadTokens: readTokens,
    cacheWrite5mTokens: write5mTokens,
    cacheWrite1hTokens: write1hTokens,
  };
}

function findProblem({ provider, request }: Exchange, body: JsonObject, asked: Asked): Problem | undefined {
  const problem = provider.findProblem(body, request.headers, asked);
  if (problem !== undefined) return problem;
  const { unknown } = parseModel(asked.model);
  if (unknown === undefined) return undefined;
  const known = FAULTS.map((fault) => fault.example).join(', ');
  return { message: `The simulated provider knows no fault "${unknown}". There are: ${known}.`, param: 'model' };
}

/** An answer that is not streamed has no place for an error event: it is an error from the start. */
function errorOf(plan: FaultPlan, stream: boolean): FaultPlan['error'] {
  if (plan.error !== undefined || stream || plan.interruption?.kind !== 'error-event') return plan.error;
  return { name: 'server-error', status: 500 };
}

function breakOff(
  plan: FaultPlan,
  { request, response }: Exchange,
  headers: { readonly [name: string]: string },
): void {
  if (plan.connection === 'reset') request.socket.resetAndDestroy();
  if (plan.connection === 'headers') response.writeHead(200, headers).flushHeaders();
  if (plan.connection !== undefined) return; // Silence lasts until the client gives up or the server closes.
  response.writeHead(200, headers);
  response.end(plan.body);
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function modelOf(body: JsonObject | undefined): string {
  return typeof body?.model === 'string' ? body.model : 'unknown';
}

/** `messages` or `contents` or `input`: whose the last one is. */
function endsWithAssistant({ messages, contents, input }: JsonObject): boolean {
  const turns = [messages, contents, input].find(Array.isArray) ?? [];
  const last: unknown = turns.at(-1);
  return isJsonObject(last) && (last.role === 'assistant' || last.role === 'model');
}
