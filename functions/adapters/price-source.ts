/**
 * Which prices are in force: those that upkeep has put into the table, or those that the function was deployed with. A
 * process asks the table once before its first request, with little patience, and from then on beside its requests.
 */
import { toGatewayError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Catalogue } from '../ledger/catalogue.ts';
import { isFresh } from '../ledger/price-age.ts';
import type { PriceReader } from './price-store.ts';

export interface PriceSource {
  /** The same object as long as the prices are the same. Never throws. */
  catalogue(): Promise<Catalogue>;
}

export interface PriceSourceOptions {
  readonly reader: PriceReader;
  readonly deployed: () => Promise<Catalogue>;
  readonly clock: Clock;
  readonly report: (level: 'warn', message: string, fields: { readonly [name: string]: unknown }) => void;
  /** @default 300_000 */
  readonly everyMs?: number;
}

const EVERY_MS = 300_000;
/** What a first request waits for the table, at the most. */
const PATIENCE_MS = 500;

export function createPriceSource({
  reader,
  deployed,
  clock,
  report,
  everyMs = EVERY_MS,
}: PriceSourceOptions): PriceSource {
  let current: Catalogue | undefined;
  let digest: string | undefined;
  let checkedAtMs: number | undefined;
  let first: Promise<void> | undefined;

  const check = async (): Promise<void> => {
    checkedAtMs = clock.now();
    try {
      const pointer = await reader.pointer();
      const stored = pointer !== undefined && isFresh(pointer.checkedAtMs, clock.now()) ? pointer : undefined;
      if (stored?.digest === digest && current !== undefined) return;
      current = stored === undefined ? await deployed() : await reader.load(stored);
      digest = stored?.digest;
    } catch (thrown) {
      const { message, kind } = toGatewayError(thrown);
      report('warn', 'The refreshed prices cannot be read; those in use stay.', {
        metric: 'PricesUnread',
        kind,
        message,
      });
    }
  };

  return {
    async catalogue() {
      first ??= check();
      if (current === undefined) {
        const own = deployed();
        await Promise.race([first, after(PATIENCE_MS)]);
        current ??= await own;
      } else if (checkedAtMs !== undefined && clock.now() - checkedAtMs >= everyMs) {
        // Nobody waits for it: the next request has what it brings.
        void check();
      }
      return current;
    },
  };
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
