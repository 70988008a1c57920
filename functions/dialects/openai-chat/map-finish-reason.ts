import type { FinishReason } from '../../core/chat.ts';
import { type ErrorKind, GatewayError } from '../../core/errors.ts';

/** OpenAI's own words, then those of compatible servers. */
const REASONS: { readonly [word: string]: FinishReason } = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_length: 'length',
  refusal: 'refusal',
};

/** Words for an answer that broke off inside of the provider: never to be taken for a finished one. */
const FAILURES: { readonly [word: string]: ErrorKind } = {
  error: 'upstream-error',
  abort: 'upstream-error',
  insufficient_system_resource: 'upstream-overloaded',
};

export interface Seen {
  readonly toolCall: boolean;
  readonly refusal: boolean;
}

/** What was seen wins over `stop`: some servers stream a call and then say `stop`. */
export function mapFinishReason(word: string, seen: Seen): FinishReason {
  const failure = Object.hasOwn(FAILURES, word) ? FAILURES[word] : undefined;
  if (failure !== undefined) {
    throw new GatewayError(failure, `The provider broke the answer off (finish_reason "${word}").`, {
      upstreamCode: word,
    });
  }
  const reason = (Object.hasOwn(REASONS, word) ? REASONS[word] : undefined) ?? 'stop';
  if (reason !== 'stop') return reason;
  if (seen.toolCall) return 'tool-calls';
  return seen.refusal ? 'refusal' : 'stop';
}

/** A refusal that is told in words is a `stop` in this dialect, a mute one is best called filtered. */
export function toWireReason(reason: FinishReason, seen: Seen): string {
  switch (reason) {
    case 'stop':
    case 'length':
    case 'error':
      return reason;
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    case 'refusal':
      return seen.refusal ? 'stop' : 'content_filter';
  }
}
