import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { FAULTS } from '../../../local/providers/faults.ts';
import { useProviders } from './support.ts';

const start = useProviders();

/** What came over the wire, without a client's interpretation of it. */
interface Seen {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
  readonly failure: string | undefined;
  readonly firstByteMs: number;
  readonly longestGapMs: number;
  readonly totalMs: number;
  readonly pieces: number;
  readonly headersMs: number;
}

const PROVIDERS = ['openai', 'anthropic', 'gemini', 'responses'] as const;
type Provider = (typeof PROVIDERS)[number];

interface Wire {
  path(model: string, stream: boolean): string;
  body(text: string, stream: boolean): object;
  /** Content in a stream, token by token. */
  readonly token: RegExp;
  /** The terminal event of a stream. */
  readonly done: string;
  /** The reason to finish, streamed or whole; Gemini's and that of responses are in the terminal event. */
  readonly finished: RegExp;
  readonly filtered: string;
  readonly tokens200: RegExp;
  readonly serverError: object;
  readonly quota: readonly [number, string];
  readonly tooLong: string;
  readonly blocked: string;
}

const openaiErrors = {
  serverError: { type: 'server_error' },
  quota: [429, 'insufficient_quota'],
  tooLong: 'context_length_exceeded',
  blocked: 'content_filter',
} as const;

const WIRES: { readonly [P in Provider]: Wire } = {
  openai: {
    ...openaiErrors,
    path: () => '/openai/v1/chat/completions',
    body: (content, stream) => ({
      max_tokens: 500,
      messages: [{ role: 'user', content }],
      ...(stream ? { stream_options: { include_usage: true } } : {}),
    }),
    token: /"delta":\{"content":"[^"]/g,
    done: 'data: [DONE]',
    finished: /"finish_reason":"stop"/,
    filtered: '"finish_reason":"content_filter"',
    tokens200: /"completion_tokens":200,/,
  },
  anthropic: {
    path: () => '/anthropic/v1/messages',
    body: (content) => ({ max_tokens: 500, messages: [{ role: 'user', content }] }),
    token: /"delta":\{"type":"text_delta"/g,
    done: 'event: message_stop',
    finished: /"stop_reason":"end_turn"/,
    filtered: '"stop_reason":"refusal"',
    tokens200: /"output_tokens":200[,}]/,
    serverError: { type: 'api_error' },
    quota: [400, 'credit balance is too low'],
    tooLong: 'prompt is too long',
    blocked: 'content filtering policy',
  },
  gemini: {
    path: (model, stream) =>
      `/gemini/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (text) => ({ contents: [{ role: 'user', parts: [{ text }] }], generationConfig: { maxOutputTokens: 500 } }),
    token: /"parts":\[\{"text":"[^"]/g,
    done: '"finishReason"',
    finished: /"finishReason":"STOP"/,
    filtered: '"finishReason":"SAFETY"',
    tokens200: /"candidatesTokenCount":200,/,
    serverError: { status: 'INTERNAL' },
    quota: [429, 'RESOURCE_EXHAUSTED'],
    tooLong: 'exceeds the maximum number of tokens',
    blocked: 'PROHIBITED_CONTENT',
  },
  responses: {
    ...openaiErrors,
    path: () => '/openai/v1/responses',
    body: (input) => ({ input, max_output_tokens: 500 }),
    token: /"type":"response\.output_text\.delta"/g,
    done: 'event: response.completed',
    finished: /"object":"response","created_at":\d+,"status":"completed"/,
    filtered: '"incomplete_details":{"reason":"content_filter"}',
    tokens200: /"output_tokens":200,/,
  },
};

function send(provider: Provider, faults: string, stream: boolean, patience = 5_000): Promise<Seen> {
  const { providers } = start();
  const wire = WIRES[provider];
  const model = `model@${faults}`;
  const sentAt = performance.now();
  let lastAt = sentAt;
  let seen: Seen = {
    status: 0,
    headers: {},
    body: '',
    bytes: Buffer.alloc(0),
    failure: undefined,
    firstByteMs: 0,
    longestGapMs: 0,
    totalMs: 0,
    pieces: 0,
    headersMs: 0,
  };
  return new Promise((resolve) => {
    const finish = (failure?: string) =>
      resolve({ ...seen, body: seen.bytes.toString('utf8'), totalMs: performance.now() - sentAt, failure });
    const request = httpRequest(
      `${providers.url}${wire.path(model, stream)}`,
      {
        method: 'POST',
        agent: false,
        headers: { authorization: 'Bearer k', 'anthropic-version': '2023-06-01' },
        signal: AbortSignal.timeout(patience),
      },
      (response) => {
        const headersMs = performance.now() - sentAt;
        lastAt = performance.now();
        seen = { ...seen, status: response.statusCode ?? 0, headers: response.headers, headersMs };
        response.on('data', (chunk: Buffer) => {
          const now = performance.now();
          seen = {
            ...seen,
            bytes: Buffer.concat([seen.bytes, chunk]),
            firstByteMs: seen.firstByteMs === 0 ? now - sentAt : seen.firstByteMs,
            longestGapMs: Math.max(seen.longestGapMs, now - lastAt),
            pieces: seen.pieces + 1,
          };
          lastAt = now;
        });
        response.on('end', () => finish());
        response.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    request.end(
      JSON.stringify({
        ...(provider === 'gemini' ? {} : { model, stream }),
        ...wire.body(`${provider} ${faults} ${stream}`, stream),
      }),
    );
  });
}

const tokensIn = (provider: Provider, body: string): number => body.match(WIRES[provider].token)?.length ?? 0;
const lines = (body: string): readonly string[] => body.split('\n').filter((line) => line.startsWith('data: {'));
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** What each fault looks like, streamed and whole, from both providers. */
const LOOKS: { readonly [example: string]: (provider: Provider, stream: boolean) => Promise<void> } = {
  '500': async (provider, stream) => {
    const seen = await send(provider, '500', stream);
    expect(seen.status).toBe(500);
    expect(seen.headers['content-type']).toBe('application/json');
    expect(JSON.parse(seen.body)).toMatchObject({
      error: { ...WIRES[provider].serverError, message: expect.any(String) },
    });
  },
  '429-quota': async (provider, stream) => {
    const { status, body } = await send(provider, '429-quota', stream);
    const [expected, text] = WIRES[provider].quota;
    expect([status, body]).toEqual([expected, expect.stringContaining(text)]);
  },
  '429-retry-after-2': async (provider, stream) => {
    const { status, headers, body } = await send(provider, '429-retry-after-2', stream);
    expect(status).toBe(429);
    if (provider === 'gemini') expect(body).toContain('"retryDelay":"2s"');
    else expect(headers['retry-after']).toBe('2');
  },
  '429-retry-after-ms-250': async (provider, stream) => {
    const { status, headers, body } = await send(provider, '429-retry-after-ms-250', stream);
    expect(status).toBe(429);
    if (provider === 'gemini') expect(body).toContain('"retryDelay":"0.25s"');
    else expect(headers['retry-after-ms']).toBe('250');
  },
  '429-retry-after-date-2': async (provider, stream) => {
    const { status, headers, body } = await send(provider, '429-retry-after-date-2', stream);
    expect(status).toBe(429);
    if (provider === 'gemini') return expect(body).toMatch(/"retryDelay":"[12]s"/);
    const wait = Date.parse(headers['retry-after'] ?? '') - Date.now();
    expect(wait).toBeGreaterThan(-1000);
    expect(wait).toBeLessThanOrEqual(2000);
  },
  'context-length': async (provider, stream) => {
    const { status, body } = await send(provider, 'context-length', stream);
    expect(status).toBe(400);
    expect(body).toContain(WIRES[provider].tooLong);
  },
  'content-filter': async (provider, stream) => {
    const { status, body } = await send(provider, 'content-filter', stream);
    expect(status).toBe(400);
    expect(body).toContain(WIRES[provider].blocked);
  },
  'content-filter-at-5': async (provider, stream) => {
    const { status, body } = await send(provider, 'content-filter-at-5+fast', stream);
    expect(status).toBe(200);
    expect(body).toContain(WIRES[provider].filtered);
    if (stream) expect(tokensIn(provider, body)).toBe(5);
  },
  reset: async (provider, stream) => {
    expect(await send(provider, 'reset', stream)).toMatchObject({ status: 0, failure: 'ECONNRESET' });
  },
  silence: async (provider, stream) => {
    expect(await send(provider, 'silence', stream, 300)).toMatchObject({ status: 0, failure: 'ABORT_ERR' });
  },
  'slow-first-token-5000': async (provider, stream) => {
    const seen = await send(provider, 'slow-first-token-300+fast', stream);
    const token = seen.headersMs + seen.longestGapMs;
    expect(token).toBeGreaterThan(290);
    if (stream) expect(seen.headersMs).toBeLessThan(200);
    expect(seen.status).toBe(200);
  },
  'cut-at-5': async (provider, stream) => {
    const { status, body, failure } = await send(provider, 'cut-at-5+fast', stream);
    expect([status, failure]).toEqual([200, 'ECONNRESET']);
    if (stream) expect(tokensIn(provider, body)).toBe(5);
    else expect(isJson(body)).toBe(false);
  },
  'end-at-5': async (provider, stream) => {
    const { body, failure } = await send(provider, 'end-at-5+fast', stream);
    expect(failure).toBeUndefined();
    if (!stream) return expect(isJson(body)).toBe(false);
    expect(tokensIn(provider, body)).toBe(5);
    expect(body).not.toContain(WIRES[provider].done);
  },
  'stall-at-5-3000': async (provider, stream) => {
    const { body, longestGapMs } = await send(provider, 'stall-at-5-300+fast', stream);
    expect(longestGapMs).toBeGreaterThan(290);
    expect(stream ? body.includes(WIRES[provider].done) : isJson(body)).toBe(true);
  },
  'malformed-at-3': async (provider, stream) => {
    const { body } = await send(provider, 'malformed-at-3+fast', stream);
    if (!stream) return expect(isJson(body)).toBe(false);
    expect(lines(body).filter((line) => !isJson(line.slice(6)))).toHaveLength(1);
    expect(body).toContain(WIRES[provider].done);
  },
  'error-event-at-3': async (provider, stream) => {
    const { status, body } = await send(provider, 'error-event-at-3+fast', stream);
    if (!stream) return expect(status).toBe(500);
    expect(tokensIn(provider, body)).toBe(3);
    const last = JSON.parse(lines(body).at(-1)?.slice(6) ?? '');
    expect(last.response ?? last).toMatchObject({ error: { message: expect.any(String) } });
    expect(body).not.toContain(WIRES[provider].done);
  },
  'no-done': async (provider, stream) => {
    const { status, body } = await send(provider, 'no-done+fast', stream);
    expect(status).toBe(200);
    const { done, finished } = WIRES[provider];
    const isInDone = provider === 'gemini' || provider === 'responses';
    expect(finished.test(body)).toBe(!(stream && isInDone));
    if (stream) expect(body).not.toContain(done);
  },
  'no-usage': async (provider, stream) => {
    const { body } = await send(provider, 'no-usage+fast', stream);
    expect(body).not.toMatch(/"usage(Metadata)?":\{/);
    expect(body).toMatch(WIRES[provider].finished);
  },
  'wrong-content-type': async (provider, stream) => {
    const { headers, body } = await send(provider, 'wrong-content-type+fast', stream);
    expect(headers['content-type']).toBe('text/html');
    expect(body).toMatch(WIRES[provider].finished);
  },
  'sign-in-page': async (provider, stream) => {
    const seen = await send(provider, 'sign-in-page', stream);
    expect(seen.headers['content-type']).toBe('text/html');
    expect(seen).toMatchObject({ status: 200, body: expect.stringContaining('Please sign in') });
  },
  'empty-body': async (provider, stream) => {
    expect(await send(provider, 'empty-body', stream)).toMatchObject({ status: 200, body: '', failure: undefined });
  },
  gzip: async (provider, stream) => {
    const { headers, bytes } = await send(provider, 'gzip+fast', stream);
    expect(headers['content-encoding']).toBe('gzip');
    const text = await new Response(
      new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip')),
    ).text();
    expect(stream ? text.includes(WIRES[provider].done) : isJson(text)).toBe(true);
  },
  'headers-only': async (provider, stream) => {
    expect(await send(provider, 'headers-only', stream, 300)).toMatchObject({
      status: 200,
      body: '',
      failure: 'ABORT_ERR',
    });
  },
  'split-characters': async (provider, stream) => {
    const { body, bytes, pieces } = await send(provider, 'split-characters+tokens-200+fast', stream);
    expect(stream ? body.includes(WIRES[provider].done) : isJson(body)).toBe(true);
    expect(bytes.some((byte) => byte > 127)).toBe(true);
    expect(pieces).toBeGreaterThan(1);
  },
  'wide-4000': async (provider, stream) => {
    const { body } = await send(provider, 'wide-4000+tokens-20+fast', stream);
    expect(body.length).toBeGreaterThan(80_000);
    expect(stream ? body.includes(WIRES[provider].done) : isJson(body)).toBe(true);
  },
  'no-prefill': async (provider, stream) => {
    expect((await send(provider, 'no-prefill+fast', stream)).status).toBe(200);
  },
  'flapping-500': async (provider, stream) => {
    const statuses = new Set<number>();
    for (const end = Date.now() + 4_000; statuses.size < 2 && Date.now() < end; ) {
      statuses.add((await send(provider, 'flapping-100+fast', stream)).status);
    }
    expect([...statuses].sort()).toEqual([200, 503]);
  },
  'run-1': async (provider, stream) => {
    expect((await send(provider, 'run-1+fast', stream)).status).toBe(200);
  },
  fast: async (provider, stream) => {
    // At the usual pace, 200 tokens take more than two seconds.
    expect((await send(provider, 'fast+tokens-200', stream)).totalMs).toBeLessThan(1_500);
  },
  'tokens-200': async (provider, stream) => {
    const { body } = await send(provider, 'tokens-200+fast', stream);
    expect(body).toMatch(WIRES[provider].tokens200);
  },
};

test('every fault in the table has a look', () => {
  expect(Object.keys(LOOKS).sort()).toEqual(FAULTS.map((fault) => fault.example).sort());
});

describe.each(PROVIDERS)('%s', (provider) => {
  describe.each([
    ['streamed', true],
    ['whole', false],
  ] as const)('%s', (_, stream) => {
    test.concurrent.each(Object.keys(LOOKS))('%s', async (example) => {
      await LOOKS[example]?.(provider, stream);
    });
  });
});

test.each([400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504, 529])('status %i', async (status) => {
  for (const provider of PROVIDERS) {
    const seen = await send(provider, String(status), false);
    expect(seen.status).toBe(status);
    const name = provider === 'gemini' ? 'status' : 'type';
    expect(JSON.parse(seen.body)).toMatchObject({ error: { [name]: expect.any(String), message: expect.any(String) } });
  }
});

test('no-prefill refuses conversations that end with the assistant', async () => {
  const { providers } = start();
  const messages = [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Well' },
  ];
  const response = await fetch(`${providers.anthropicBaseUrl}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'claude-sonnet-4-5@no-prefill+fast', max_tokens: 50, messages }),
  });
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('prefill')]);
});

test('without faults tokens come one by one, at a pace', async () => {
  const seen = await send('openai', 'tokens-12', true);
  expect(tokensIn('openai', seen.body)).toBe(12);
  expect(seen.firstByteMs).toBeGreaterThan(140);
  expect(seen.totalMs - seen.firstByteMs).toBeGreaterThan(11 * 9);
  expect(seen.pieces).toBeGreaterThan(4);
});

test('-once holds for the first request with its model and prompt only', async () => {
  const statuses = async (faults: string) => [
    (await send('openai', faults, false)).status,
    (await send('openai', faults, false)).status,
    (await send('openai', faults, false)).status,
  ];
  expect(await statuses('500-once+fast')).toEqual([500, 200, 200]);
  expect(await statuses('reset-once+fast')).toEqual([0, 200, 200]);
  expect(await statuses('429-retry-after-1-once+fast')).toEqual([429, 200, 200]);
});
