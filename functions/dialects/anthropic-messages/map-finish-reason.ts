import type { FinishReason } from '../../core/chat.ts';

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
