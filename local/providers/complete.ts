/** One request to a simulated provider, from its body to the invoice. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject } from '../../functions/core/json.ts';
import { NO_USAGE, type Usage } from '../../functions/core/usage.ts';
import { composeAnswer } from './answer.ts';
import { type Delivered, type Delivery, deliverStream, deliverWhole } from './deliver.ts';
import { FAULTS, type FaultPlan, parseModel } from './faults.ts';
import { createPace } from './pace.ts';
import type { Problem, Reading, Reply, SimulatedProvider, WireError } from './provider.ts';
import { createRandom, digest, identifier } from './seed.ts';
import type { Shared } from './shared.ts';
import { sendJson } from './transfer.ts';

export interface Exchange {
  readonly provider: SimulatedProvider;
  readonly method: string;
  readonly path: string;
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
    sendJson(response, error.status, error.body, { ...provider.headers(requestId), ...headers });
  };
  const key = provider.credential(exchange.request.headers);
  if (key === undefined || key === '' || key === 'invalid') {
    return refuse(provider.encodeError('unauthorized', { status: 401, model: '', requestId }), 'unknown');
  }
  if (exchange.method === 'GET' && exchange.path.startsWith(provider.modelsPath)) {
    return sendJson(response, 200, provider.models(), provider.headers(requestId));
  }
  if (exchange.method !== 'POST' || exchange.path !== provider.path) {
    return refuse(provider.encodeError('not-found', { status: 404, model: exchange.path, requestId }), 'unknown');
  }
  const body = parse(exchange.body);
  const problem = body === undefined ? { message: 'The body is not a JSON object.' } : findProblem(exchange, body);
  if (body === undefined || problem !== undefined) {
    return refuse(provider.encodeProblem(problem ?? { message: '' }, requestId), modelOf(body));
  }
  const model = parseModel(modelOf(body));
  const reading = provider.read(body, model.name);
  const isFirst = shared.firstTimes.isFirst(`${modelOf(body)}|${reading.question.seed}`);
  const plan = isFirst ? { ...model.plan, ...model.oncePlan } : model.plan;
  const error = errorOf(plan, body.stream === true);
  if (error !== undefined) {
    const wire = provider.encodeError(error.name, { status: error.status, model: model.name, requestId });
    return refuse(wire, model.name, error.headers);
  }
  if (plan.connection !== undefined || plan.body !== undefined) {
    shared.invoice.fail(provider.name, model.name);
    const usual = body.stream === true ? 'text/event-stream; charset=utf-8' : 'application/json';
    return breakOff(plan, exchange, { ...provider.headers(requestId), 'content-type': plan.contentType ?? usual });
  }
  await answer(exchange, body, reading, plan, requestId);
}

async function answer(
  exchange: Exchange,
  body: JsonObject,
  reading: Reading,
  plan: FaultPlan,
  requestId: string,
): Promise<void> {
  const { provider, shared, response } = exchange;
  const question = {
    ...reading.question,
    answerTokens: plan.answerTokens,
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
  };
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const delivery: Delivery = {
    response,
    plan,
    headers: provider.headers(requestId),
    pace: createPace(question.seed, plan),
    signal: gone.signal,
    errorEvent: provider.errorEvent({ status: 529, model: question.model, requestId }),
    malformedEvent: provider.malformedEvent,
  };
  const delivered: Delivered =
    body.stream === true
      ? await deliverStream(delivery, provider.encodeStream(reply))
      : await deliverWhole(delivery, JSON.stringify(provider.encodeWhole(reply)), answers);
  const { outputTokens, reasoningTokens } = delivered;
  shared.invoice.charge(provider.name, question.model, { ...input, outputTokens, reasoningTokens }, delivered.complete);
}

function inputUsage({ provider, shared }: Exchange, { question, prompt }: Reading): Usage {
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

function findProblem({ provider, request }: Exchange, body: JsonObject): Problem | undefined {
  const problem = provider.findProblem(body, request.headers);
  if (problem !== undefined) return problem;
  const { unknown } = parseModel(modelOf(body));
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
