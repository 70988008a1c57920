import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { geminiProvider as provider } from '../../../../functions/dialects/gemini/index.ts';

const TYPE = 'type.googleapis.com/google.rpc.';
const decode = (status: number, error: JsonObject | string, headers: { [name: string]: string } = {}) =>
  provider.decodeError({ status, headers, body: typeof error === 'string' ? error : JSON.stringify({ error }) });

describe('an error of the API', () => {
  it.each<[number, JsonObject | string, string]>([
    [400, { status: 'INVALID_ARGUMENT', message: 'Unknown name "x"' }, 'invalid-request'],
    [
      400,
      {
        status: 'INVALID_ARGUMENT',
        message: 'The input token count (2551556) exceeds the maximum number of tokens allowed (1048576).',
      },
      'context-length',
    ],
    [
      400,
      { status: 'INVALID_ARGUMENT', message: 'API key not valid. Please pass a valid API key.' },
      'upstream-unauthorized',
    ],
    [
      400,
      {
        status: 'INVALID_ARGUMENT',
        message: 'x',
        details: [{ '@type': `${TYPE}ErrorInfo`, reason: 'API_KEY_INVALID' }],
      },
      'upstream-unauthorized',
    ],
    [
      400,
      { status: 'INVALID_ARGUMENT', message: 'API key expired. Please renew the API key.' },
      'upstream-unauthorized',
    ],
    [
      400,
      { status: 'INVALID_ARGUMENT', message: 'Request payload size exceeds the limit: 20971520 bytes.' },
      'too-large',
    ],
    [
      400,
      { status: 'FAILED_PRECONDITION', message: 'User location is not supported for the API use.' },
      'upstream-error',
    ],
    [401, { status: 'UNAUTHENTICATED', message: 'x' }, 'upstream-unauthorized'],
    [403, { status: 'PERMISSION_DENIED', message: 'x' }, 'upstream-unauthorized'],
    [
      403,
      { status: 'PERMISSION_DENIED', message: 'CachedContent not found (or permission denied)' },
      'invalid-request',
    ],
    [404, { status: 'NOT_FOUND', message: 'models/x is not found for API version v1beta' }, 'upstream-not-found'],
    [
      429,
      { status: 'RESOURCE_EXHAUSTED', message: 'Resource exhausted. Please try again later.' },
      'upstream-throttled',
    ],
    [429, { status: 'RESOURCE_EXHAUSTED', message: 'You exceeded your current quota' }, 'upstream-quota'],
    [
      429,
      {
        status: 'RESOURCE_EXHAUSTED',
        message: 'You exceeded your current quota',
        details: [{ '@type': `${TYPE}QuotaFailure`, violations: [{ quotaId: 'GenerateRequestsPerDayPerProject' }] }],
      },
      'upstream-quota',
    ],
    [
      429,
      {
        status: 'RESOURCE_EXHAUSTED',
        message: 'You exceeded your current quota',
        details: [{ '@type': `${TYPE}QuotaFailure`, violations: [{ quotaId: 'GenerateRequestsPerMinutePerProject' }] }],
      },
      'upstream-throttled',
    ],
    [500, { status: 'INTERNAL', message: 'x' }, 'upstream-error'],
    [503, { status: 'UNAVAILABLE', message: 'The model is overloaded.' }, 'upstream-overloaded'],
    [504, { status: 'DEADLINE_EXCEEDED', message: 'x' }, 'upstream-timeout'],
    [529, '<html>overloaded</html>', 'upstream-overloaded'],
    [502, '', 'upstream-error'],
    [418, 'nope', 'invalid-request'],
  ])('%i %j is %s', (status, error, kind) => {
    expect(decode(status, error)).toMatchObject({ kind, upstreamStatus: status });
  });

  it('says when to come back', () => {
    const retry = { '@type': `${TYPE}RetryInfo`, retryDelay: '1.5s' };
    const exhausted = { status: 'RESOURCE_EXHAUSTED', message: 'You exceeded your current quota' };
    expect(decode(429, { ...exhausted, details: [retry] })).toMatchObject({
      kind: 'upstream-throttled',
      retryAfterMs: 1_500,
    });
    expect(decode(429, { status: 'RESOURCE_EXHAUSTED', message: 'Please retry in 12.25s.' }).retryAfterMs).toBe(12_250);
    expect(decode(503, { status: 'UNAVAILABLE', message: 'x' }, { 'retry-after': '7' }).retryAfterMs).toBe(7_000);
    expect(decode(400, { status: 'INVALID_ARGUMENT', message: 'x', details: [retry] }).retryAfterMs).toBeUndefined();
  });

  it('names the field to blame, and is cut to size', () => {
    const details = [{ '@type': `${TYPE}BadRequest`, fieldViolations: [{ field: 'generation_config.top_k' }] }];
    const error = decode(400, { status: 'INVALID_ARGUMENT', message: 'y'.repeat(5_000), details });
    expect(error).toMatchObject({ param: 'generation_config.top_k', upstreamCode: 'INVALID_ARGUMENT' });
    expect(error.message).toHaveLength(1_000);
    expect(String(error.cause).length).toBeLessThanOrEqual(1_000);
  });

  it('is read out of a list, and keeps no body that may quote a key', () => {
    const error = decode(401, JSON.stringify([{ error: { status: 'UNAUTHENTICATED', message: 'AIza-secret' } }]));
    expect(error).toMatchObject({ kind: 'upstream-unauthorized', upstreamCode: 'UNAUTHENTICATED' });
    expect(error.cause).toBeUndefined();
    expect(error.publicMessage).not.toContain('AIza');
  });
});
