/** Simulated providers of every wire format on one port: the upstream of `npm start`, of the tests and of the benchmarks. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listen } from '../listen.ts';
import { anthropicCountTokens } from './anthropic/count-tokens.ts';
import { anthropic } from './anthropic/index.ts';
import { bedrock, bedrockInvoke } from './bedrock/index.ts';
import { complete } from './complete.ts';
import { FAULTS } from './faults.ts';
import { gemini, geminiCalculations } from './gemini/index.ts';
import { createInvoice } from './invoice.ts';
import { createJournal } from './journal.ts';
import { createFirstTimes } from './once.ts';
import { openaiEmbeddings } from './openai/embeddings.ts';
import { openai } from './openai/index.ts';
import { createPromptCache } from './prompt-cache.ts';
import { addressOf, type SimulatedEndpoint } from './provider.ts';
import { createResponses } from './responses/index.ts';
import type { Shared } from './shared.ts';
import { readBody, sendJson } from './transfer.ts';

export interface SimulatedProvidersOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** The clock of the prompt caches and of `created`. */
  readonly now?: () => number;
}

export interface SimulatedProviders {
  readonly url: string;
  /** As `baseUrl` of a provider with the dialect `openai-chat`. */
  readonly openaiBaseUrl: string;
  /** As `baseUrl` of a provider with the dialect `anthropic-messages`. */
  readonly anthropicBaseUrl: string;
  /** As `baseUrl` of a provider with the dialect `openai-responses`. */
  readonly responsesBaseUrl: string;
  /** As `baseUrl` of a provider with the dialect `gemini`. */
  readonly geminiBaseUrl: string;
  /** As `baseUrl` of a provider with the dialect `bedrock-converse`. */
  readonly bedrockBaseUrl: string;
  close(): Promise<void>;
}

/** Where a path fits none of them, the first one with its beginning says that there is nothing. */
function createEndpoints(): readonly SimulatedEndpoint[] {
  const google = [gemini, ...geminiCalculations];
  const aws = [bedrock, bedrockInvoke];
  return [openai, createResponses(), openaiEmbeddings, anthropic, anthropicCountTokens, ...google, ...aws];
}

export async function startSimulatedProviders(options: SimulatedProvidersOptions = {}): Promise<SimulatedProviders> {
  const now = options.now ?? Date.now;
  const shared: Shared = {
    now,
    cache: createPromptCache({ now }),
    invoice: createInvoice(),
    journal: createJournal(now),
    firstTimes: createFirstTimes(),
    count: 0,
  };
  const endpoints = createEndpoints();
  const server = createServer((request, response) => {
    route(request, response, shared, endpoints).catch((error: unknown) => {
      // The client left in the middle of its request, or something is wrong in here: say which.
      if (!request.destroyed) console.error('The simulated provider failed:', error);
      response.destroy();
    });
  });
  const url = await listen(server, { port: options.port ?? 0, ...(options.host ? { host: options.host } : {}) });
  return {
    url,
    openaiBaseUrl: `${url}/openai/v1`,
    anthropicBaseUrl: `${url}/anthropic`,
    responsesBaseUrl: `${url}/openai/v1`,
    geminiBaseUrl: `${url}/gemini/v1beta`,
    bedrockBaseUrl: `${url}/bedrock`,
    close: () => closeServer(server, 0),
  };
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  shared: Shared,
  endpoints: readonly SimulatedEndpoint[],
): Promise<void> {
  const method = request.method ?? 'GET';
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const provider =
    endpoints.find((item) => addressOf(item, path, query) !== undefined) ??
    endpoints.find((item) => path.startsWith(`/${item.name}/`));
  if (provider !== undefined) {
    const body = await readBody(request);
    shared.journal.note(method, path, request.headers, body);
    return complete({ provider, method, path, query, body, request, response, shared });
  }
  switch (`${method} ${path}`) {
    case 'GET /invoice':
      return sendJson(response, 200, { lines: shared.invoice.lines() });
    case 'DELETE /invoice':
      shared.invoice.reset();
      return sendJson(response, 200, { lines: [] });
    case 'GET /requests':
      return sendJson(response, 200, {
        requests: shared.journal.last(Number(new URLSearchParams(query).get('last') ?? 10)),
      });
    case 'GET /':
      return sendJson(response, 200, describe(endpoints));
    default:
      return sendJson(response, 404, { error: { message: `There is nothing at ${method} ${path}.` } });
  }
}

/** For whoever opens the URL in a browser. */
function describe(endpoints: readonly SimulatedEndpoint[]) {
  return {
    about: 'Simulated model providers. Faults on request: "<model>@<fault>", several joined with "+".',
    providers: endpoints.map((provider) => provider.path),
    routes: ['GET /invoice', 'DELETE /invoice', 'GET /requests?last=10'],
    faults: Object.fromEntries(FAULTS.map((fault) => [fault.example, fault.about])),
  };
}
