import type { ChatEvent } from './chat.ts';
import type { ServiceTerm, Usage } from './usage.ts';

/** Nothing is said of the standard terms. */
export function usageEvent(usage: Usage, terms: readonly ServiceTerm[]): ChatEvent {
  return { type: 'usage', usage, ...(terms.length === 0 ? {} : { terms }) };
}
