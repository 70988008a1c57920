/** What a provider does wrong, as the client's SDK tells it. */
import { equal, match, ok } from 'node:assert/strict';
import type { ClientDialect } from '../../../functions/core/chat.ts';
import type { Case } from './cases.ts';
import type { Client } from './client.ts';
import { AI_SDK } from './names.ts';
import { aliasOf, type Fault } from './providers.ts';

interface Expected {
  readonly fault: Fault;
  readonly title: string;
  readonly status: number;
  readonly openai: string;
  readonly anthropic: string;
  readonly google: string;
}

/** biome-ignore format: a table is read by its columns */
const EXPECTED: readonly Expected[] = [
  { fault: '400', title: 'Error 400',                       status: 400, openai: 'invalid_request_error', anthropic: 'invalid_request_error', google: 'INVALID_ARGUMENT' },
  { fault: '401', title: 'Error 401 (to the client: 502)',  status: 502, openai: 'provider_refused_key',  anthropic: 'api_error',             google: 'UNAVAILABLE' },
  { fault: '429', title: 'Error 429',                       status: 429, openai: 'provider_rate_limited', anthropic: 'rate_limit_error',      google: 'RESOURCE_EXHAUSTED' },
  { fault: '500', title: 'Error 500 (to the client: 502)',  status: 502, openai: 'provider_error',        anthropic: 'api_error',             google: 'UNAVAILABLE' },
  { fault: '529', title: 'Error 529 (to the client: 503)',  status: 503, openai: 'provider_overloaded',   anthropic: 'overloaded_error',      google: 'UNAVAILABLE' },
];

const CODES: { readonly [D in ClientDialect]: 'openai' | 'anthropic' | 'google' } = {
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  'anthropic-messages': 'anthropic',
  gemini: 'google',
};

export const ERRORS: readonly Case[] = [
  ...EXPECTED.map(
    (expected): Case => ({
      id: `error-${expected.fault}`,
      title: expected.title,
      play: ({ client, provider, streamed, tag }) =>
        client.open({ text: `Hello ${tag}` }).ask(aliasOf(provider, expected.fault), streamed),
      check({ error }, { client }) {
        ok(error !== undefined, 'no error was raised');
        equal(error.status, expected.status);
        equal(error.type, errorClass(client, expected.status));
        equal(error.code, expected[CODES[client.dialect]]);
      },
    }),
  ),
  {
    id: 'cut',
    title: 'Connection cut in mid-answer',
    play: ({ client, provider, streamed, tag }) =>
      client.open({ text: `Hello ${tag}` }).ask(aliasOf(provider, 'cut-at-5'), streamed),
    check(outcome, { streamed }) {
      const { error } = outcome;
      ok(error !== undefined, 'no error was raised');
      ok(outcome.finish === undefined || outcome.finish === 'unfinished', 'it looks like a finished answer');
      if (!streamed) equal(error.status, 502);
      match(error.message, /broke off/i);
    },
    // A stream begins before the fault, and its status is out.
    compared: ({ error, finish }) => ({ raised: error !== undefined, finish }),
  },
];

function errorClass({ dialect, name }: Client, status: number): string {
  if (dialect === 'gemini') return 'ApiError';
  if (name === AI_SDK) return 'AI_APICallError';
  const unavailable = dialect === 'anthropic-messages' ? 'ServiceUnavailableError' : 'InternalServerError';
  return { 400: 'BadRequestError', 429: 'RateLimitError', 503: unavailable }[status] ?? 'InternalServerError';
}
