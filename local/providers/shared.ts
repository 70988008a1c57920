import type { Invoice } from './invoice.ts';
import type { Journal } from './journal.ts';
import type { FirstTimes } from './once.ts';
import type { PromptCache } from './prompt-cache.ts';

/** What outlives a request. */
export interface Shared {
  readonly now: () => number;
  readonly cache: PromptCache;
  readonly invoice: Invoice;
  readonly journal: Journal;
  readonly firstTimes: FirstTimes;
  /** Requests so far, for their ids. */
  count: number;
}
