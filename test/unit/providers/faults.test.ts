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

type Provider = 'openai' | 'anthropic';

function send(provider: Provider, faults: string, stream: boolean, patience = 5_000): Promise<Seen> {
  const { providers } = start();
  const path = provider === 'openai' ? '/openai/v1/chat/completions' : '/anthropic/v1/messages';
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
      `${providers.url}${path}`,
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
        model: `model@${faults}`,
        stream,
        max_tokens: 500,
        messages: [{ role: 'user', content: `${provider} ${faults} ${stream}` }],
        ...(stream && provider === 'openai' ? { stream_options: { include_usage: true } } : {}),
      }),
    );
  });
}

/** Tokens of content in a stream of either provider. */
const tokensIn = (body: string): number => body.match(/"delta":\{("content":"[^"]|"type":"text_delta")/g)?.length ?? 0;
const DONE = { openai: 'data: [DONE]', anthropic: 'event: message_stop' } as const;
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
      error: { type: provider === 'openai' ? 'server_error' : 'api_error', message: expect.any(String) },
    });
  },
  '429-quota': async (provider, stream) => {
    const { status, body } = await send(provider, '429-quota', stream);
    expect([status, body]).toEqual(
      provider === 'openai'
        ? [429, expect.stringContaining('insufficient_quota')]
        : [400, expect.stringContaining('credit balance is too low')],
    );
  },
  '429-retry-after-2': async (provider, stream) => {
    const { status, headers } = await send(provider, '429-retry-after-2', stream);
    expect([status, headers['retry-after']]).toEqual([429, '2']);
  },
  '429-retry-after-ms-250': async (provider, stream) => {
    const { status, headers } = await send(provider, '429-retry-after-ms-250', stream);
    expect([status, headers['retry-after-ms']]).toEqual([429, '250']);
  },
  '429-retry-after-date-2': async (provider, stream) => {
    const { status, headers } = await send(provider, '429-retry-after-date-2', stream);
    expect(status).toBe(429);
    const wait = Date.parse(headers['retry-after'] ?? '') - Date.now();
    expect(wait).toBeGreaterThan(-1000);
    expect(wait).toBeLessThanOrEqual(2000);
  },
  'context-length': async (provider, stream) => {
    const { status, body } = await send(provider, 'context-length', stream);
    expect(status).toBe(400);
    expect(body).toContain(provider === 'openai' ? 'context_length_exceeded' : 'prompt is too long');
  },
  'content-filter': async (provider, stream) => {
    const { status, body } = await send(provider, 'content-filter', stream);
    expect(status).toBe(400);
    expect(body).toContain(provider === 'openai' ? 'content_filter' : 'content filtering policy');
  },
  'content-filter-at-5': async (provider, stream) => {
    const { status, body } = await send(provider, 'content-filter-at-5+fast', stream);
    expect(status).toBe(200);
    expect(body).toContain(provider === 'openai' ? '"finish_reason":"content_filter"' : '"stop_reason":"refusal"');
    if (stream) expect(tokensIn(body)).toBe(5);
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
    if (stream) expect(tokensIn(body)).toBe(5);
    else expect(isJson(body)).toBe(false);
  },
  'end-at-5': async (provider, stream) => {
    const { body, failure } = await send(provider, 'end-at-5+fast', stream);
    expect(failure).toBeUndefined();
    if (stream) expect(tokensIn(body)).toBe(5);
    else expect(isJson(body)).toBe(false);
    expect(body).not.toContain(DONE[provider]);
  },
  'stall-at-5-3000': async (provider, stream) => {
    const { body, longestGapMs } = await send(provider, 'stall-at-5-300+fast', stream);
    expect(longestGapMs).toBeGreaterThan(290);
    expect(stream ? body.includes(DONE[provider]) : isJson(body)).toBe(true);
  },
  'malformed-at-3': async (provider, stream) => {
    const { body } = await send(provider, 'malformed-at-3+fast', stream);
    if (!stream) return expect(isJson(body)).toBe(false);
    expect(lines(body).filter((line) => !isJson(line.slice(6)))).toHaveLength(1);
    expect(body).toContain(DONE[provider]);
  },
  'error-event-at-3': async (provider, stream) => {
    const { status, body } = await send(provider, 'error-event-at-3+fast', stream);
    if (!stream) return expect(status).toBe(500);
    expect(tokensIn(body)).toBe(3);
    expect(JSON.parse(lines(body).at(-1)?.slice(6) ?? '')).toMatchObject({ error: { message: expect.any(String) } });
    expect(body).not.toContain(DONE[provider]);
  },
  'no-done': async (provider, stream) => {
    const { status, body } = await send(provider, 'no-done+fast', stream);
    expect(status).toBe(200);
    expect(body).toMatch(/"(finish|stop)_reason":"(stop|end_turn)"/);
    expect(body).not.toContain(DONE[provider]);
  },
  'no-usage': async (provider, stream) => {
    const { body } = await send(provider, 'no-usage+fast', stream);
    expect(body).not.toMatch(/"usage":\{/);
    expect(body).toMatch(/"(finish|stop)_reason":"(stop|end_turn)"/);
  },
  'wrong-content-type': async (provider, stream) => {
    const { headers, body } = await send(provider, 'wrong-content-type+fast', stream);
    expect(headers['content-type']).toBe('text/html');
    expect(body).toMatch(/"(finish|stop)_reason":"(stop|end_turn)"/);
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
    expect(stream ? text.includes(DONE[provider]) : isJson(text)).toBe(true);
  },
  fast: async (provider, stream) => {
    // At the usual pace, 200 tokens take more than two seconds.
    expect((await send(provider, 'fast+tokens-200', stream)).totalMs).toBeLessThan(1_500);
  },
  'tokens-200': async (provider, stream) => {
    const { body } = await send(provider, 'tokens-200+fast', stream);
    expect(body).toMatch(provider === 'openai' ? /"completion_tokens":200,/ : /"output_tokens":200[,}]/);
  },
};

test('every fault in the table has a look', () => {
  expect(Object.keys(LOOKS).sort()).toEqual(FAULTS.map((fault) => fault.example).sort());
});

describe.each(['openai', 'anthropic'] as const)('%s', (provider) => {
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
  for (const provider of ['openai', 'anthropic'] as const) {
    const seen = await send(provider, String(status), false);
    expect(seen.status).toBe(status);
    expect(JSON.parse(seen.body)).toMatchObject({ error: { type: expect.any(String), message: expect.any(String) } });
  }
});

test('without faults tokens come one by one, at a pace', async () => {
  const seen = await send('openai', 'tokens-12', true);
  expect(tokensIn(seen.body)).toBe(12);
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
