import type { JsonObject } from '../../../functions/core/json.ts';
import type { ErrorName } from '../faults.ts';
import type { ErrorContext, Problem, WireError } from '../provider.ts';

interface Wording {
  /** https://google.aip.dev/193 */
  readonly status: string;
  readonly message: (context: ErrorContext) => string;
  readonly details?: (context: ErrorContext) => readonly JsonObject[];
}

const TYPES = 'type.googleapis.com/google.rpc';
const LIMITS = 'https://ai.google.dev/gemini-api/docs/rate-limits';

const WORDINGS: { readonly [N in ErrorName]: Wording } = {
  'bad-request': { status: 'INVALID_ARGUMENT', message: () => 'Request contains an invalid argument.' },
  unauthorized: {
    status: 'UNAUTHENTICATED',
    message: () =>
      'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  },
  forbidden: {
    status: 'PERMISSION_DENIED',
    message: () => 'The caller does not have permission',
  },
  'not-found': {
    status: 'NOT_FOUND',
    message: ({ model }) =>
      `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
  },
  'rate-limited': {
    status: 'RESOURCE_EXHAUSTED',
    message: ({ model, ...context }) =>
      `You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: ${LIMITS}. \n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests_per_model, limit: 10, model: ${model}\nPlease retry in ${retryDelay(context)}.`,
    details: (context) => [quotaFailure('GenerateRequestsPerMinutePerProjectPerModel', context), retryInfo(context)],
  },
  quota: {
    status: 'RESOURCE_EXHAUSTED',
    message: () =>
      `You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: ${LIMITS}.`,
    details: (context) => [quotaFailure('GenerateRequestsPerDayPerProjectPerModel', context)],
  },
  'context-length': {
    status: 'INVALID_ARGUMENT',
    message: () => 'The input token count (1200001) exceeds the maximum number of tokens allowed (1048576).',
  },
  // What Gemini blocks, it blocks with status 200; this is for those that ask for the error all the same.
  'content-filter': { status: 'INVALID_ARGUMENT', message: () => 'The prompt was blocked: PROHIBITED_CONTENT.' },
  'server-error': {
    status: 'INTERNAL',
    message: () =>
      'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  },
  overloaded: { status: 'UNAVAILABLE', message: () => 'The model is overloaded. Please try again later.' },
  other: { status: 'UNKNOWN', message: ({ status }) => `Request failed with status ${status}.` },
};

/** Where the status is not the first one of its kind. */
const STATUSES: { readonly [status: number]: string } = {
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  502: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

export function encodeError(name: ErrorName, context: ErrorContext): WireError {
  return { status: context.status, body: errorBody(name, context), retryInBody: true };
}

export function encodeProblem({ message, param, status = 400 }: Problem): WireError {
  const violation = { '@type': `${TYPES}.BadRequest`, fieldViolations: [{ field: param, description: message }] };
  const details = param === undefined ? {} : { details: [violation] };
  const name = status === 403 ? 'PERMISSION_DENIED' : status === 404 ? 'NOT_FOUND' : 'INVALID_ARGUMENT';
  return { status, body: { error: { code: status, message, status: name, ...details } } };
}

/** A wrong key is a bad request here, and none at all is an unknown caller. */
export function encodeKeyError(key: string | undefined): WireError {
  if (key === undefined || key === '') {
    const message =
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
    return { status: 403, body: { error: { code: 403, message, status: 'PERMISSION_DENIED' } } };
  }
  const message = 'API key not valid. Please pass a valid API key.';
  const details = [
    {
      '@type': `${TYPES}.ErrorInfo`,
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
    { '@type': `${TYPES}.LocalizedMessage`, locale: 'en-US', message },
  ];
  return { status: 400, body: { error: { code: 400, message, status: 'INVALID_ARGUMENT', details } } };
}

export function errorEvent(context: ErrorContext): string {
  return `data: ${JSON.stringify(errorBody('overloaded', { ...context, status: 503 }))}\r\n\r\n`;
}

export function errorBody(name: ErrorName, context: ErrorContext): JsonObject {
  const wording = WORDINGS[name];
  const error = {
    code: context.status,
    message: wording.message(context),
    status: STATUSES[context.status] ?? wording.status,
  };
  return { error: wording.details === undefined ? error : { ...error, details: wording.details(context) } };
}

function quotaFailure(quotaId: string, { model }: ErrorContext): JsonObject {
  const quotaMetric = 'generativelanguage.googleapis.com/generate_requests_per_model';
  const violation = { quotaMetric, quotaId, quotaDimensions: { location: 'global', model }, quotaValue: '10' };
  return { '@type': `${TYPES}.QuotaFailure`, violations: [violation] };
}

function retryInfo(context: ErrorContext): JsonObject {
  return { '@type': `${TYPES}.RetryInfo`, retryDelay: retryDelay(context) };
}

/** The fault's header, in the words of the body. */
function retryDelay({ headers = {} }: Pick<ErrorContext, 'headers'>): string {
  const ms = headers['retry-after-ms'];
  if (ms !== undefined) return `${Number(ms) / 1000}s`;
  const value = headers['retry-after'] ?? '34.4';
  if (Number.isFinite(Number(value))) return `${value}s`;
  return `${Math.max(0, Math.ceil((Date.parse(value) - Date.now()) / 1000))}s`;
}
