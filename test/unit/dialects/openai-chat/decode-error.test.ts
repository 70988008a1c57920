import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../functions/core/json.ts';
import { openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';

const decode = (status: number, body: Json | string, headers: { readonly [name: string]: string } = {}) =>
  openaiChatProvider.decodeError({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) });

const openai = (fields: object): Json => ({
  error: { message: 'm', type: 'invalid_request_error', param: null, code: null, ...fields },
});

describe('decodeError', () => {
  it.each<[number, Json | string, string, boolean]>([
    [400, openai({}), 'invalid-request', false],
    [400, openai({ code: 'context_length_exceeded' }), 'context-length', false],
    [400, openai({ message: "This model's maximum context length is 8192 tokens." }), 'context-length', false],
    [
      413,
      openai({ message: 'Request too large for model: Limit 6000 tokens per minute (TPM)' }),
      'upstream-limit',
      true,
    ],
    [
      429,
      openai({
        message:
          'Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested 61337.',
        type: 'tokens',
        code: 'rate_limit_exceeded',
      }),
      'upstream-limit',
      true,
    ],
    [
      429,
      openai({
        message: 'Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29937, Requested 385.',
      }),
      'upstream-throttled',
      true,
    ],
    [
      402,
      { error: { message: 'You requested up to 65536 tokens, but can only afford 30104.', code: 402 } },
      'upstream-limit',
      true,
    ],
    [
      402,
      { error: { message: 'You requested up to 32000 tokens, but can only afford 0.', code: 402 } },
      'upstream-quota',
      true,
    ],
    [413, '<html>', 'too-large', false],
    [400, openai({ code: 'unsupported_parameter', param: 'max_tokens' }), 'unsupported-parameter', false],
    [
      400,
      openai({ code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } }),
      'content-refused',
      false,
    ],
    [400, openai({ code: 'content_policy_violation' }), 'content-refused', false],
    [429, openai({ type: 'insufficient_quota', code: 'insufficient_quota' }), 'upstream-quota', true],
    [429, openai({ type: 'tokens', code: 'rate_limit_exceeded' }), 'upstream-throttled', true],
    [429, openai({ message: 'You exceeded your current quota.' }), 'upstream-quota', true],
    [429, '', 'upstream-throttled', true],
    [429, openai({ type: 'rate_limit_error', code: 'slow_down' }), 'upstream-throttled', true],
    [503, openai({ code: 'slow_down' }), 'upstream-throttled', true],
    [503, openai({ type: 'service_unavailable_error', code: 'server_is_overloaded' }), 'upstream-overloaded', true],
    [429, openai({ type: 'insufficient_quota', code: 'credit_balance_exhausted' }), 'upstream-quota', true],
    [
      403,
      { error: { code: 403, message: 'Your chosen model requires moderation', metadata: {} } },
      'content-refused',
      false,
    ],
    [403, openai({ code: 'unsupported_country_region_territory' }), 'upstream-unauthorized', true],
    [402, { error: { message: 'Insufficient Balance', type: 'unknown_error' } }, 'upstream-quota', true],
    [401, openai({ code: 'invalid_api_key' }), 'upstream-unauthorized', true],
    [403, { code: 'x', error: 'no' }, 'upstream-unauthorized', true],
    [404, openai({ code: 'model_not_found' }), 'upstream-not-found', true],
    [403, openai({ code: 'model_not_found' }), 'upstream-not-found', true],
    [408, '', 'upstream-timeout', true],
    [409, '', 'upstream-error', true],
    [418, '', 'invalid-request', false],
    [422, { detail: [{ loc: ['body', 'x'], msg: 'extra', type: 't' }] }, 'invalid-request', false],
    [500, openai({ type: 'server_error' }), 'upstream-error', true],
    [502, '<html>Bad gateway</html>', 'upstream-error', true],
    [503, openai({ message: 'The engine is overloaded' }), 'upstream-overloaded', true],
    [504, 'upstream request timeout', 'upstream-timeout', true],
    [529, '', 'upstream-overloaded', true],
    [302, '', 'upstream-error', true],
    [429, [{ error: { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED' } }], 'upstream-throttled', true],
    [401, { message: 'Unauthorized', request_id: 'x' }, 'upstream-unauthorized', true],
    [400, { object: 'error', message: 'bad', type: 'invalid_request_error', code: '3051' }, 'invalid-request', false],
  ])('%i %j is %s', (status, body, kind, failover) => {
    const error = decode(status, body);
    expect(error.kind).toBe(kind);
    expect(error.traits.failover).toBe(failover);
    expect(error.upstreamStatus).toBe(status);
    expect(error.message).not.toBe('');
  });

  it('keeps message, code and param', () => {
    expect(
      decode(400, openai({ message: 'No such thing', code: 'unsupported_parameter', param: 'max_tokens' })),
    ).toMatchObject({
      message: 'No such thing',
      upstreamCode: 'unsupported_parameter',
      param: 'max_tokens',
      status: 400,
    });
    expect(
      decode(422, {
        detail: [
          { loc: ['body', 'messages', 0], msg: 'extra' },
          { loc: ['x'], msg: 'y' },
        ],
      }).message,
    ).toBe('body.messages.0: extra; x: y');
    expect(decode(502, '<html>').message).toBe('The provider answered with status 502.');
  });

  it('names a scope that a restricted key lacks, also where no code does', () => {
    const message = 'You have insufficient permissions for this operation. Missing scopes: model.request.';
    expect(decode(401, openai({ message }))).toMatchObject({
      kind: 'upstream-unauthorized',
      upstreamCode: 'missing_scope',
    });
  });

  it('cuts messages that quote the request', () => {
    expect(decode(400, openai({ message: 'A'.repeat(100_000) })).message.length).toBeLessThanOrEqual(1_000);
  });

  it('shows no client a refused key, and keeps none', () => {
    const error = decode(401, openai({ message: 'Incorrect API key provided: sk-canary', code: 'invalid_api_key' }));
    expect(error.publicMessage).not.toContain('canary');
    expect(error.cause).toBeUndefined();
  });

  const now = 'Mon, 23 Nov 2026 10:00:00 GMT';
  it.each<[{ readonly [name: string]: string }, number | undefined]>([
    [{}, undefined],
    [{ 'retry-after-ms': '1500' }, 1_500],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT', date: now }, 30_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT', date: now }, 0],
    [{ 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'x-ratelimit-reset-requests': '1s' }, 1_000],
    [{ 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    [{ 'x-ratelimit-reset-tokens': '20ms' }, 20],
    [{ 'x-ratelimit-reset-tokens': '1h2m3.5s' }, 3_723_500],
    [{ 'x-ratelimit-reset-tokens': '12.5' }, 12_500],
    [{ 'x-ratelimit-reset': '1795428000000' }, undefined],
    [{ 'x-ratelimit-reset-requests': 'tomorrow' }, undefined],
    [
      {
        'x-ratelimit-remaining-requests': '99',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '6m0s',
      },
      360_000,
    ],
    [{ 'x-ratelimit-reset-requests': '8s', 'x-ratelimit-reset-tokens': '6m0s' }, 8_000],
  ])('comes back as %j tells', (headers, milliseconds) => {
    expect(decode(429, openai({}), headers).retryAfterMs).toBe(milliseconds);
  });

  it('comes back as the message tells', () => {
    expect(
      decode(429, openai({ message: 'Rate limit reached. Please try again in 7m12.5s. Visit x.' })).retryAfterMs,
    ).toBe(432_500);
    expect(decode(429, openai({ message: 'Please try again in 20ms.' })).retryAfterMs).toBe(20);
  });

  it('comes back as the headers tell that OpenRouter puts into the body', () => {
    const metadata = { headers: { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '1795428042000' } };
    const body = { error: { code: 429, message: 'Rate limit exceeded: free-models-per-min.', metadata } };
    expect(decode(429, body, { date: now }).retryAfterMs).toBe(42_000);
  });

  it('does not ask to come back with a request that is wrong', () => {
    expect(decode(400, openai({}), { 'retry-after': '2' }).retryAfterMs).toBeUndefined();
  });
});
