/** The prices that the function was deployed with, as `npm run prices` compiled them from `@pydantic/genai-prices`. */
import { createHash } from 'node:crypto';
import type { PriceOverride } from '../core/config.ts';
import type { Catalogue } from '../ledger/catalogue.ts';
import { priceBookOf } from '../ledger/price-book.ts';
import type { PriceBook } from '../ledger/prices.ts';

/** Loaded late: a start that needs no price does not pay for it. What it costs is in `npm run bench -- prices`. */
export async function deployedCatalogue(): Promise<Catalogue> {
  const { default: catalogue } = await import('../ledger/catalogue.data.json', { with: { type: 'json' } });
  return catalogue;
}

/** The version has the overrides in it: two deployments with different contracts never share one. */
export function createPriceBook(catalogue: Catalogue, overrides: readonly PriceOverride[]): PriceBook {
  return priceBookOf(catalogue, overrides, versionOf(catalogue, overrides));
}

function versionOf({ version }: Catalogue, overrides: readonly PriceOverride[]): string {
  if (overrides.length === 0) return version;
  return `${version}+${createHash('sha256').update(JSON.stringify(overrides)).digest('hex').slice(0, 8)}`;
}
