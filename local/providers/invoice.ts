/**
 * The provider's own books: what it would charge, whether the answer arrived or not. The gateway's rows are compared
 * with it.
 */
import { addUsage, NO_USAGE, type Usage } from '../../functions/core/usage.ts';

export interface InvoiceLine extends Usage {
  readonly provider: string;
  readonly model: string;
  /** All that came in, refused ones too. */
  readonly requests: number;
  /** Answered with an error status or with nothing; they cost nothing. */
  readonly failed: number;
  /** Charged for a part only, because the client left or the connection broke. */
  readonly cut: number;
}

export interface Invoice {
  charge(provider: string, model: string, usage: Usage, complete: boolean): void;
  fail(provider: string, model: string): void;
  lines(): readonly InvoiceLine[];
  reset(): void;
}

export function createInvoice(): Invoice {
  const lines = new Map<string, InvoiceLine>();

  function update(provider: string, model: string, change: (line: InvoiceLine) => InvoiceLine): void {
    const key = `${provider}/${model}`;
    const line = lines.get(key) ?? { provider, model, requests: 0, failed: 0, cut: 0, ...NO_USAGE };
    lines.set(key, change({ ...line, requests: line.requests + 1 }));
  }

  return {
    charge: (provider, model, usage, complete) =>
      update(provider, model, (line) => ({ ...line, ...addUsage(line, usage), cut: line.cut + (complete ? 0 : 1) })),
    fail: (provider, model) => update(provider, model, (line) => ({ ...line, failed: line.failed + 1 })),
    lines: () => [...lines.values()],
    reset: () => lines.clear(),
  };
}
