/** https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html */
import type { ErrorName } from '../faults.ts';
import type { ErrorContext, Problem, WireError } from '../provider.ts';
import { exception } from './event-stream.ts';

interface Wording {
  readonly type: string;
  readonly message: (context: ErrorContext) => string;
  readonly status: number;
}

const UNAVAILABLE = 'Bedrock is unable to process your request.';

const WORDINGS: { readonly [N in ErrorName]: Wording } = {
  'bad-request': { type: 'ValidationException', status: 400, message: () => 'The provided request is not valid' },
  unauthorized: {
    type: 'UnrecognizedClientException',
    status: 403,
    message: () => 'The security token included in the request is invalid.',
  },
  forbidden: {
    type: 'AccessDeniedException',
    status: 403,
    message: () => "You don't have access to the model with the specified model ID.",
  },
  'not-found': {
    type: 'ResourceNotFoundException',
    status: 404,
    message: ({ model }) => `Could not resolve the foundation model from the model identifier: ${model}`,
  },
  'rate-limited': {
    type: 'ThrottlingException',
    status: 429,
    message: () => 'Too many requests, please wait before trying again.',
  },
  quota: {
    type: 'ThrottlingException',
    status: 429,
    message: () => 'Too many tokens per day, please wait before trying again.',
  },
  'context-length': {
    type: 'ValidationException',
    status: 400,
    message: () => 'Input is too long for requested model.',
  },
  'content-filter': {
    type: 'ValidationException',
    status: 400,
    message: () => 'Output blocked by content filtering policy',
  },
  'server-error': {
    type: 'InternalServerException',
    status: 500,
    message: () => 'The system encountered an unexpected error during processing. Try your request again.',
  },
  overloaded: { type: 'ServiceUnavailableException', status: 503, message: () => UNAVAILABLE },
  other: { type: 'InternalServerException', status: 500, message: ({ status }) => `Request failed with ${status}.` },
};

/** Statuses that Bedrock gives a type of their own. */
const TYPES: { readonly [status: number]: string } = {
  408: 'ModelTimeoutException',
  409: 'ConflictException',
  424: 'ModelErrorException',
};

export function encodeError(name: ErrorName, context: ErrorContext): WireError {
  const { type, status, message } = WORDINGS[name];
  const given = name === 'other' ? context.status : status;
  return wireError(TYPES[given] ?? type, given, message(context));
}

export function encodeProblem({ message, status = 400 }: Problem): WireError {
  return wireError('ValidationException', status, message);
}

/** In the middle of a stream: what a burst of other requests does to one that is under way. */
export function errorEvent(context: ErrorContext): string {
  return exception('throttlingException', { message: WORDINGS['rate-limited'].message(context) });
}

function wireError(type: string, status: number, message: string): WireError {
  const headers = { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/` };
  return { status, headers, body: { message } };
}
