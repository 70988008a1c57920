/** Reads off a provider's events what the log, the ledger and the time-outs want to know. */
import type { ChatEvent } from '../core/chat.ts';
import { NO_USAGE, type Usage } from '../core/usage.ts';
import { createTextMeter } from '../ledger/estimate-tokens.ts';
import type { AttemptTrace } from './trace.ts';

export interface Watch {
  see(events: readonly ChatEvent[]): void;
  /** Something that a reader of the answer would notice has come. */
  readonly hasContent: boolean;
  /** What was consumed: reported, or estimated from what was sent and received where the provider did not say. */
  usage(inputTokens: number): Pick<AttemptTrace, 'usage' | 'usageSource'>;
}

export function createWatch(attempt: AttemptTrace): Watch {
  let reported: Usage | undefined;
  const received = createTextMeter();
  let hasContent = false;
  let finished = false;
  return {
    see(events) {
      for (const event of events) {
        switch (event.type) {
          case 'response-start':
            attempt.servedModel = event.model;
            break;
          case 'block-start':
            // A text block may be opened long before its first word; a call, or what only its own dialect reads, is content.
            if (event.block.type === 'tool-call' || event.block.type === 'opaque') hasContent = true;
            break;
          case 'block-delta':
            if (event.text === '') break;
            hasContent = true;
            received.add(event.text);
            break;
          case 'block-signature':
            hasContent = true;
            break;
          case 'finish':
            hasContent = true;
            finished = true;
            attempt.finishReason = event.reason;
            break;
          case 'usage':
            reported = event.usage;
            break;
        }
      }
    },
    get hasContent() {
      return hasContent;
    },
    usage(inputTokens) {
      if (reported !== undefined && finished) return { usage: reported, usageSource: 'reported' };
      if (reported !== undefined) {
        // Cut short: the provider's last word on output is from before what it sent since.
        const usage = { ...reported, outputTokens: Math.max(reported.outputTokens, received.tokens()) };
        return { usage, usageSource: 'estimated' };
      }
      if (!hasContent) return { usage: NO_USAGE, usageSource: 'none' };
      return { usage: { ...NO_USAGE, inputTokens, outputTokens: received.tokens() }, usageSource: 'estimated' };
    },
  };
}
