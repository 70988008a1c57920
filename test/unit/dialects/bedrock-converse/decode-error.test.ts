import { describe, expect, it } from 'vitest';
import { bedrockConverseProvider as provider } from '../../../../functions/dialects/bedrock-converse/index.ts';

const decode = (status: number, type: string | undefined, message: string, headers = {}) =>
  provider.decodeError({
    status,
    headers: {
      ...(type === undefined ? {} : { 'x-amzn-errortype': `${type}:http://internal.amazon.com/` }),
      ...headers,
    },
    body: JSON.stringify({ message }),
  });

describe('an error of Bedrock', () => {
  it.each([
    [400, 'ValidationException', 'The text field is blank.', 'invalid-request'],
    [400, 'ValidationException', 'Input is too long for requested model.', 'context-length'],
    [
      400,
      'ValidationException',
      'The model returned the following errors: prompt is too long: 205351 tokens > 200000 maximum',
      'context-length',
    ],
    [400, 'ValidationException', "This model's maximum context length is 1048576 tokens.", 'context-length'],
    [400, 'ValidationException', 'The provided model identifier is invalid.', 'upstream-not-found'],
    [
      400,
      'ValidationException',
      'Invocation of model ID x with on-demand throughput isn’t supported.',
      'upstream-not-found',
    ],
    [400, 'ValidationException', 'Output blocked by content filtering policy', 'content-refused'],
    [400, 'ServiceQuotaExceededException', 'Your request exceeds the service quota.', 'upstream-throttled'],
    [403, 'AccessDeniedException', "You don't have access to the model.", 'upstream-unauthorized'],
    [
      403,
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      'upstream-unauthorized',
    ],
    [403, 'ExpiredTokenException', 'The security token included in the request is expired', 'upstream-unauthorized'],
    [403, 'InvalidSignatureException', 'Signature expired', 'upstream-unauthorized'],
    [404, 'ResourceNotFoundException', 'Could not resolve the foundation model', 'upstream-not-found'],
    [408, 'ModelTimeoutException', 'Model has timed out', 'upstream-timeout'],
    [424, 'ModelErrorException', 'The system encountered an unexpected error', 'upstream-error'],
    [429, 'ThrottlingException', 'Too many requests, please wait before trying again.', 'upstream-throttled'],
    [429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.', 'upstream-quota'],
    [429, 'ModelNotReadyException', 'Model is not ready', 'upstream-overloaded'],
    [500, 'InternalServerException', 'The system encountered an unexpected error', 'upstream-error'],
    [503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.', 'upstream-overloaded'],
    [400, 'SomethingNewException', 'No.', 'invalid-request'],
    [403, undefined, 'Forbidden', 'upstream-unauthorized'],
    [502, undefined, 'Bad gateway', 'upstream-error'],
  ])('%i %s (%s) is %s', (status, type, message, kind) => {
    expect(decode(status, type, message)).toMatchObject({ kind, message, upstreamStatus: status, upstreamCode: type });
  });

  it('is read from the body where no header names it', () => {
    const body = JSON.stringify({ __type: 'com.amazon.coral.service#UnrecognizedClientException', Message: 'Who?' });
    expect(provider.decodeError({ status: 400, headers: {}, body })).toMatchObject({
      kind: 'upstream-unauthorized',
      message: 'Who?',
      upstreamCode: 'UnrecognizedClientException',
    });
  });

  it('says when to come back', () => {
    expect(decode(429, 'ThrottlingException', 'Slow', { 'retry-after': '3' }).retryAfterMs).toBe(3_000);
  });

  it.each(['', '<html>Bad Gateway</html>', '[]', 'null'])(
    'that says nothing readable (%j) is told by its status',
    (body) => {
      expect(provider.decodeError({ status: 503, headers: {}, body })).toMatchObject({
        kind: 'upstream-overloaded',
        message: 'The provider answered with status 503',
        cause: body,
      });
    },
  );
});
