import type { FinishReason } from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';

export interface Seen {
  readonly toolCall: boolean;
  readonly refusal: boolean;
}

/** Why an answer that is not complete ends. Whatever the word: it is not a finished answer. */
const INCOMPLETE: { readonly [reason: string]: FinishReason } = {
  max_output_tokens: 'length',
  content_filter: 'content-filter',
};

export function mapIncompleteReason(reason: string): FinishReason {
  return (Object.hasOwn(INCOMPLETE, reason) ? INCOMPLETE[reason] : undefined) ?? 'length';
}

/** The dialect has one word for every answer that is complete; what it holds tells the rest. */
export function completeReason(seen: Seen): FinishReason {
  if (seen.toolCall) return 'tool-calls';
  return seen.refusal ? 'refusal' : 'stop';
}

export interface WireEnd {
  readonly status: 'completed' | 'incomplete' | 'failed';
  readonly fields: JsonObject;
}

/** A refusal that is told in words is complete, a mute one is best called filtered. */
export function toWireEnd(reason: FinishReason, seen: Seen): WireEnd {
  switch (reason) {
    case 'stop':
    case 'tool-calls':
      return { status: 'completed', fields: {} };
    case 'length':
      return incomplete('max_output_tokens');
    case 'content-filter':
      return incomplete('content_filter');
    case 'refusal':
      return seen.refusal ? { status: 'completed', fields: {} } : incomplete('content_filter');
    case 'error':
      return {
        status: 'failed',
        fields: { error: { code: 'server_error', message: 'The provider broke the answer off.' } },
      };
  }
}

const incomplete = (reason: string): WireEnd => ({
  status: 'incomplete',
  fields: { incomplete_details: { reason } },
});
