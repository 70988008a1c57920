/** Reads off a provider's events what the log, the ledger and the time-outs want to know. */
import type { ChatEvent } from '../core/chat.ts';
import {
  NO_USAGE,
  type ServiceTerm,
  totalInputTokens,
  totalOutputTokens,
  totalTokens,
  type Usage,
} from '../core/usage.ts';
import { createTextMeter } from '../ledger/estimate-tokens.ts';
import type { AttemptTrace } from './trace.ts';

export interface Watch {
  see(events: readonly ChatEvent[]): void;
  /** Something that a reader of the answer would notice has come. */
  readonly hasContent: boolean;
  /** The answer itself is under way. Between two thoughts a model may be silent for as long as before the first. */
  readonly isAnswering: boolean;
  /** How many events were seen. */
  readonly progress: number;
  /** Something that must not lack a piece is under way: a call, whose arguments a program acts on, or signed reasoning. */
  readonly isFragile: boolean;
  /** Received so far, by estimate. */
  outputTokens(): number;
  /** What was consumed: reported, or estimated from what was sent and received where the provider did not say. */
  usage(asked: Asked): Pick<AttemptTrace, 'usage' | 'usageSource' | 'terms'>;
}

export interface Asked {
  /** Estimated. */
  readonly inputTokens: number;
  readonly terms: readonly ServiceTerm[];
}

interface Report {
  readonly usage: Usage;
  readonly terms: readonly ServiceTerm[];
}

export function createWatch(attempt: AttemptTrace): Watch {
  let report: Report | undefined;
  const received = createTextMeter();
  const fragile = new Set<number>();
  /** Blocks in which a provider explains why it does not answer, which some do not bill. */
  const refusals = new Set<number>();
  const thoughts = new Set<number>();
  /** Something besides thoughts has come. */
  let hasSpoken = false;
  let isAnswered = false;
  /** Since the last report. */
  let hasGoneOn = false;
  let hasContent = false;
  let finished = false;
  let progress = 0;
  return {
    see(events) {
      progress += events.length;
      attempt.answer?.see(events);
      for (const event of events) {
        switch (event.type) {
          case 'response-start':
            attempt.servedModel = event.model;
            break;
          case 'block-start':
            if (event.block.type !== 'text' && event.block.type !== 'refusal') fragile.add(event.index);
            // A text block may be opened long before its first word; a call, or what only its own dialect reads, is content.
            if (event.block.type === 'tool-call' || event.block.type === 'opaque') {
              hasContent = true;
              hasSpoken = true;
            }
            if (event.block.type === 'tool-call') received.add(event.block.name);
            if (event.block.type === 'refusal') refusals.add(event.index);
            if (event.block.type === 'reasoning') thoughts.add(event.index);
            break;
          case 'block-delta':
            if (event.text === '') break;
            hasContent = true;
            if (!thoughts.has(event.index)) hasSpoken = true;
            if (!refusals.has(event.index)) {
              isAnswered = true;
              hasGoneOn = true;
            }
            received.add(event.text);
            break;
          case 'block-signature':
            hasContent = true;
            break;
          case 'block-end':
            fragile.delete(event.index);
            thoughts.delete(event.index);
            break;
          case 'finish':
            hasContent = true;
            hasSpoken = true;
            finished = true;
            attempt.finishReason = event.reason;
            break;
          case 'usage':
            report = { usage: event.usage, terms: event.terms ?? [] };
            hasGoneOn = false;
            break;
        }
      }
    },
    get hasContent() {
      return hasContent;
    },
    get isAnswering() {
      return hasSpoken && thoughts.size === 0;
    },
    get progress() {
      return progress;
    },
    get isFragile() {
      return fragile.size > 0;
    },
    outputTokens: () => received.tokens(),
    usage({ inputTokens, terms }) {
      // Some servers begin with a report of zeros: where nothing followed, nothing was said.
      if (report === undefined || (!hasContent && totalTokens(report.usage) === 0)) {
        if (!hasContent) return { usage: NO_USAGE, usageSource: 'none', terms: [] };
        return {
          // A redacted thought has no text, and is not nothing.
          usage: { ...NO_USAGE, inputTokens, outputTokens: Math.max(1, received.tokens()) },
          usageSource: 'estimated',
          terms,
        };
      }
      const { usage } = report;
      // The provider's last word on output is from before what it sent since: it was cut short, or (some servers, in
      // front of models of others) its count at the beginning of the answer is all that it ever says. Nor is it one
      // where it counts nothing for what came, or for what was asked.
      const hasNoInput = totalInputTokens(usage) === 0;
      const isSilent = isAnswered && (totalOutputTokens(usage) === 0 || hasNoInput);
      const isStale = hasGoneOn || !finished || isSilent;
      if (!isStale) return { usage, usageSource: 'reported', terms: report.terms };
      const outputTokens = Math.max(usage.outputTokens, received.tokens());
      const asked = hasNoInput ? { inputTokens } : {};
      return { usage: { ...usage, ...asked, outputTokens }, usageSource: 'estimated', terms: report.terms };
    },
  };
}
