/** https://ai.google.dev/api/generate-content#FinishReason */
import type { FinishReason } from '../../core/chat.ts';
import { type ErrorKind, GatewayError } from '../../core/errors.ts';

const REASONS: { readonly [word: string]: FinishReason } = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  // The answer is cut after a limit of the request, and could be continued with a token that only Google's API takes.
  CONTINUATION: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
};

/** Words for an answer that broke off inside of the provider: never to be taken for a finished one. */
const FAILURES: { readonly [word: string]: ErrorKind } = {
  MALFORMED_FUNCTION_CALL: 'upstream-malformed',
  MALFORMED_RESPONSE: 'upstream-malformed',
  UNEXPECTED_TOOL_CALL: 'upstream-malformed',
  MISSING_THOUGHT_SIGNATURE: 'upstream-malformed',
  TOO_MANY_TOOL_CALLS: 'upstream-error',
  LANGUAGE: 'upstream-error',
  NO_IMAGE: 'upstream-error',
  IMAGE_OTHER: 'upstream-error',
  OTHER: 'upstream-error',
};

/**
 * There is no word for tool calls: a call that was seen says it. Reasons that are not known yet are none that an answer
 * should be trusted with; of all those that were added since the first, not one said that all went well.
 */
export function mapFinishReason(word: string, toolCall: boolean, message: string): FinishReason {
  const failure = Object.hasOwn(FAILURES, word) ? FAILURES[word] : undefined;
  if (failure !== undefined) {
    throw new GatewayError(
      failure,
      `The provider broke the answer off (${word})${message === '' ? '.' : `: ${message}`}`,
      {
        upstreamCode: word,
      },
    );
  }
  const reason = (Object.hasOwn(REASONS, word) ? REASONS[word] : undefined) ?? 'error';
  return reason === 'stop' && toolCall ? 'tool-calls' : reason;
}

/** `broken` where a call had to be left out, because its arguments are no JSON. */
export function toWireReason(reason: FinishReason, broken: boolean): string {
  switch (reason) {
    case 'stop':
    case 'tool-calls':
      return broken ? 'MALFORMED_FUNCTION_CALL' : 'STOP';
    case 'length':
      return 'MAX_TOKENS';
    case 'content-filter':
    case 'refusal':
      return 'SAFETY';
    case 'error':
      return 'OTHER';
  }
}
