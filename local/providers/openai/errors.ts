import type { JsonObject } from '../../../functions/core/json.ts';
import type { ErrorName } from '../faults.ts';
import type { ErrorContext, Problem, WireError } from '../provider.ts';

interface Wording {
  readonly message: (context: ErrorContext) => string;
  readonly type: string;
  readonly code: string | null;
  readonly param?: string;
}

const INVALID = 'invalid_request_error';

/** As they are seen in the wild: https://platform.openai.com/docs/guides/error-codes */
const WORDINGS: { readonly [N in ErrorName]: Wording } = {
  'bad-request': { message: () => 'Invalid request.', type: INVALID, code: null },
  unauthorized: {
    message: () =>
      'Incorrect API key provided: inva**id. You can find your API key at https://platform.openai.com/account/api-keys.',
    type: INVALID,
    code: 'invalid_api_key',
  },
  forbidden: {
    message: ({ model }) => `Project does not have access to model \`${model}\`.`,
    type: INVALID,
    code: 'model_not_found',
  },
  'not-found': {
    message: ({ model }) => `The model \`${model}\` does not exist or you do not have access to it.`,
    type: INVALID,
    code: 'model_not_found',
  },
  'rate-limited': {
    message: ({ model }) =>
      `Rate limit reached for ${model} in organization org-simulated on requests per min (RPM): Limit 500, Used 500, Requested 1. Please try again in 120ms. Visit https://platform.openai.com/account/rate-limits to learn more.`,
    type: 'requests',
    code: 'rate_limit_exceeded',
  },
  quota: {
    message: () =>
      'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  },
  'context-length': {
    message: () =>
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens. Please reduce the length of the messages.",
    type: INVALID,
    code: 'context_length_exceeded',
    param: 'messages',
  },
  'content-filter': {
    message: () =>
      'The response was filtered due to the prompt triggering the content management policy. Please modify your prompt and retry.',
    type: INVALID,
    code: 'content_filter',
    param: 'prompt',
  },
  'server-error': {
    message: ({ requestId }) =>
      `The server had an error while processing your request. Sorry about that! (Please include the request ID ${requestId} in your message.)`,
    type: 'server_error',
    code: null,
  },
  overloaded: {
    message: () => 'The engine is currently overloaded, please try again later.',
    type: 'server_error',
    code: 'service_unavailable',
  },
  other: { message: ({ status }) => `Request failed with status ${status}.`, type: INVALID, code: null },
};

export function encodeError(name: ErrorName, context: ErrorContext): WireError {
  return { status: context.status, body: errorBody(name, context) };
}

export function encodeProblem(problem: Problem): WireError {
  const { message, param = null, code = null, status = 400 } = problem;
  return { status, body: { error: { message, type: INVALID, param, code } } };
}

export function errorEvent(context: ErrorContext): string {
  return `data: ${JSON.stringify(errorBody('server-error', context))}\n\n`;
}

export function errorBody(name: ErrorName, context: ErrorContext): JsonObject {
  const { message, type, code, param = null } = WORDINGS[name];
  return { error: { message: message(context), type, param, code } };
}
