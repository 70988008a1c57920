import type { ChatEvent, FinishReason } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';

/**
 * https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
 *
 * `pause_turn` and `compaction` stop in the middle of a turn that the caller has to continue: `length` is the only
 * neutral reason that says "not finished", `stop` would pass a half answer off as a whole one.
 * A reason that is not known yet came with a complete answer, so it is a plain stop; the raw word goes along.
 */
export function mapFinishReason(reason: string): FinishReason {
  switch (reason) {
    case 'tool_use':
      return 'tool-calls';
    case 'max_tokens':
    case 'model_context_window_exceeded':
    case 'pause_turn':
    case 'compaction':
      return 'length';
    case 'refusal':
      return 'refusal';
    default:
      return 'stop';
  }
}

export type Finish = Pick<Extract<ChatEvent, { readonly type: 'finish' }>, 'reason' | 'rawReason' | 'stopSequence'>;

export interface Seen {
  readonly toolCall: boolean;
  readonly refusal: boolean;
}

const OWN_REASONS: ReadonlySet<string | undefined> = new Set([
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'compaction',
  'refusal',
  'model_context_window_exceeded',
]);

/**
 * The other way. What was seen wins over `stop`: OpenAI says `stop` behind a call that it was forced to make, and behind
 * a refusal in words. An answer that broke off has no word here; it is an error, so that nobody takes it for a whole one.
 */
export function toWireReason(finish: Finish | undefined, seen: Seen): string {
  if (finish === undefined) return 'end_turn';
  const { reason, rawReason, stopSequence } = finish;
  if (reason === 'error') {
    throw new GatewayError(
      'upstream-error',
      `The provider broke the answer off (${rawReason ?? 'without a reason'}).`,
      {
        ...(rawReason === undefined ? {} : { upstreamCode: rawReason }),
      },
    );
  }
  if (reason === 'stop' && seen.toolCall) return 'tool_use';
  if (reason === 'stop' && seen.refusal) return 'refusal';
  if (rawReason !== undefined && OWN_REASONS.has(rawReason) && mapFinishReason(rawReason) === reason) return rawReason;
  switch (reason) {
    case 'stop':
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence';
    case 'length':
      return 'max_tokens';
    case 'tool-calls':
      return 'tool_use';
    case 'content-filter':
    case 'refusal':
      return 'refusal';
  }
}
