import type { FinishReason } from '../../core/chat.ts';

/**
 * `StopReason` of the Converse API. A reason that is not known yet came with a complete answer, so it is a plain stop;
 * the raw word goes along.
 */
export function mapFinishReason(reason: string): FinishReason {
  switch (reason) {
    case 'tool_use':
      return 'tool-calls';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'content_filtered':
    case 'guardrail_intervened':
      return 'content-filter';
    // Not in the list, but Claude's own word: some of its words come through as they are.
    case 'refusal':
      return 'refusal';
    case 'malformed_model_output':
    case 'malformed_tool_use':
      return 'error';
    default:
      return 'stop';
  }
}
