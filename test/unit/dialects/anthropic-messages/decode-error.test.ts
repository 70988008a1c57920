import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ErrorKind, GatewayError } from '../../../../functions/core/errors.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';

const reply = (status: number, error: object | string, headers: { readonly [name: string]: string } = {}) =>
  provider.decodeError({
    status,
    headers,
    body: typeof error === 'string' ? error : JSON.stringify({ type: 'error', error, request_id: 'req_1' }),
  });

describe('decodeError', () => {
  it.each<[number, string, string, ErrorKind]>([
    [400, 'invalid_request_error', 'messages: at least one message is required', 'invalid-request'],
    [400, 'invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum', 'context-length'],
    [
      400,
      'invalid_request_error',
      'input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length or `max_tokens`',
      'context-length',
    ],
    [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.', 'upstream-quota'],
    [400, 'invalid_request_error', 'You have reached your specified API usage limits.', 'upstream-quota'],
    [400, 'invalid_request_error', 'Output blocked by content filtering policy', 'content-refused'],
    [401, 'authentication_error', 'invalid x-api-key', 'upstream-unauthorized'],
    [402, 'billing_error', 'Payment required', 'upstream-quota'],
    [403, 'permission_error', 'Your API key may not use this model', 'upstream-unauthorized'],
    [404, 'not_found_error', 'model: claude-sonnet-9', 'upstream-not-found'],
    [409, 'conflict_error', 'Conflict', 'upstream-error'],
    [413, 'request_too_large', 'Request exceeds the maximum size', 'too-large'],
    [429, 'rate_limit_error', 'Number of request tokens has exceeded your per-minute rate limit', 'upstream-throttled'],
    [429, 'rate_limit_error', 'Extra usage is required for long context requests.', 'upstream-limit'],
    [500, 'api_error', 'Internal server error', 'upstream-error'],
    [504, 'timeout_error', 'Request timed out', 'upstream-timeout'],
    [529, 'overloaded_error', 'Overloaded', 'upstream-overloaded'],
  ])('%i %s "%s" is %s', (status, type, message, kind) => {
    expect(reply(status, { type, message })).toMatchObject({
      kind,
      message,
      upstreamStatus: status,
      upstreamCode: type,
    });
  });

  it.each<[number, ErrorKind]>([
    [400, 'invalid-request'],
    [401, 'upstream-unauthorized'],
    [402, 'upstream-quota'],
    [403, 'upstream-unauthorized'],
    [404, 'upstream-not-found'],
    [408, 'upstream-timeout'],
    [409, 'upstream-error'],
    [413, 'too-large'],
    [418, 'invalid-request'],
    [422, 'invalid-request'],
    [429, 'upstream-throttled'],
    [500, 'upstream-error'],
    [502, 'upstream-error'],
    [503, 'upstream-overloaded'],
    [504, 'upstream-timeout'],
    [520, 'upstream-error'],
    [529, 'upstream-overloaded'],
  ])('%i with a body that says nothing is %s', (status, kind) => {
    for (const body of ['<html>Bad gateway</html>', '', 'null', '[]', '{"error":"x"}', '{"error":{}}']) {
      expect(reply(status, body)).toMatchObject({ kind, message: `The provider answered with status ${status}` });
    }
  });

  it.each(['enforced_spend_limit_reached', 'contract_spend_limit_reached'])(
    'knows %s, which no waiting ends',
    (code) => {
      const error = { type: 'rate_limit_error', message: 'Limit reached', details: { error_code: code } };
      expect(reply(429, error)).toMatchObject({ kind: 'upstream-quota', upstreamCode: code });
    },
  );

  it('keeps a ramp limit for what it is', () => {
    const error = { type: 'rate_limit_error', message: 'Slow', details: { error_code: 'ramp_limit_exceeded' } };
    expect(reply(429, error, { 'retry-after': '7' })).toMatchObject({
      kind: 'upstream-throttled',
      retryAfterMs: 7_000,
    });
  });

  it.each([
    ['messages.3.content.0.text: Field required', 'messages[3].content[0].text'],
    ['max_tokens: 999999 > 64000, which is the maximum', 'max_tokens'],
    ['`temperature` is deprecated for this model.', 'temperature'],
    ['Something else: is wrong', undefined],
  ])('finds the field in "%s"', (message, param) => {
    expect(reply(400, { type: 'invalid_request_error', message }).param).toBe(param);
  });

  it('cuts messages that carry half of the request', () => {
    expect(reply(400, { type: 'invalid_request_error', message: 'x'.repeat(100_000) }).message).toHaveLength(1_000);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, body) => {
        expect(reply(status, body)).toBeInstanceOf(GatewayError);
      }),
    );
  });
});
