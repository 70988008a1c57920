import type { JsonObject } from '../../../functions/core/json.ts';
import type { ErrorName } from '../faults.ts';
import type { ErrorContext, Problem, WireError } from '../provider.ts';

interface Wording {
  readonly type: string;
  readonly message: (context: ErrorContext) => string;
}

/** https://platform.claude.com/docs/en/api/errors */
const WORDINGS: { readonly [N in ErrorName]: Wording } = {
  'bad-request': { type: 'invalid_request_error', message: () => 'Invalid request' },
  unauthorized: { type: 'authentication_error', message: () => 'invalid x-api-key' },
  forbidden: { type: 'permission_error', message: () => 'Your API key does not have permission to use this resource.' },
  'not-found': { type: 'not_found_error', message: ({ model }) => `model: ${model}` },
  'rate-limited': {
    type: 'rate_limit_error',
    message: () =>
      "This request would exceed your organization's rate limit of 50 requests per minute. For details, refer to: https://docs.claude.com/en/api/rate-limits.",
  },
  quota: {
    type: 'invalid_request_error',
    message: () =>
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  },
  'context-length': {
    type: 'invalid_request_error',
    message: () => 'prompt is too long: 205351 tokens > 200000 maximum',
  },
  'content-filter': { type: 'invalid_request_error', message: () => 'Output blocked by content filtering policy' },
  'server-error': { type: 'api_error', message: () => 'Internal server error' },
  overloaded: { type: 'overloaded_error', message: () => 'Overloaded' },
  other: { type: 'api_error', message: ({ status }) => `Request failed with status ${status}` },
};

/** No credit is a 400 here, whatever status the fault is named after. */
const STATUS: { readonly [N in ErrorName]?: number } = { quota: 400 };

export function encodeError(name: ErrorName, context: ErrorContext): WireError {
  const { type, message } = WORDINGS[name];
  return { status: STATUS[name] ?? context.status, body: errorBody(type, message(context), context.requestId) };
}

export function encodeProblem(problem: Problem, requestId: string): WireError {
  return { status: 400, body: errorBody('invalid_request_error', problem.message, requestId) };
}

export function errorEvent(context: ErrorContext): string {
  const { type, message } = WORDINGS.overloaded;
  return `event: error\ndata: ${JSON.stringify(errorBody(type, message(context), context.requestId))}\n\n`;
}

function errorBody(type: string, message: string, requestId: string): JsonObject {
  return { type: 'error', error: { type, message }, request_id: requestId };
}
