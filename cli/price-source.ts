/** The prices in force: those of the table, as the gateway takes them, under the operator's own. */
import { createPriceBook, deployedCatalogue } from '../functions/adapters/price-catalogue.ts';
import { createPriceReader } from '../functions/adapters/price-store.ts';
import type { Config, PriceOverride } from '../functions/core/config.ts';
import type { Catalogue } from '../functions/ledger/catalogue.ts';
import { isFresh } from '../functions/ledger/price-age.ts';
import type { PriceBook } from '../functions/ledger/prices.ts';
import { loadConfig } from '../lib/load-config.ts';
import type { CliContext } from './context.ts';
import { readEffectiveConfig } from './effective-config.ts';
import { isConnectionRefused } from './errors.ts';
import { useTable } from './use-table.ts';

export interface Prices {
  readonly catalogue: Catalogue;
  readonly config: Pick<Config, 'providers' | 'models' | 'prices'>;
  readonly book: PriceBook;
}

/** `file`: a `gateway.yaml`; without one, what the local stack uses, and of a deployed one the catalogue alone. */
export async function findPrices(
  context: CliContext,
  file: string | undefined,
  first: readonly PriceOverride[] = [],
): Promise<Prices> {
  const catalogue = await currentCatalogue(context);
  const config = configOf(context, file);
  const overrides = [...first, ...config.prices];
  return { catalogue, config: { ...config, prices: overrides }, book: createPriceBook(catalogue, overrides) };
}

function configOf(context: CliContext, file: string | undefined): Prices['config'] {
  if (file !== undefined) return loadConfig(file);
  if (!context.isDeployed()) return readEffectiveConfig(context.local().config);
  context.io.error('Without your own prices: say where they are, --config gateway.yaml.\n');
  return { providers: {}, models: {}, prices: [] };
}

async function currentCatalogue(context: CliContext): Promise<Catalogue> {
  try {
    return await useTable(context, async (access) => {
      const reader = createPriceReader(access);
      const pointer = await reader.pointer();
      const isUsed = pointer !== undefined && isFresh(pointer.checkedAtMs, context.io.now());
      return isUsed ? reader.load(pointer) : deployedCatalogue();
    });
  } catch (error) {
    if (!isConnectionRefused(error)) throw error;
    // The local stack is not running: what it would start with.
    return deployedCatalogue();
  }
}

/** As the gateway asks for the price of a provider's model. */
export function priceQuery({ config }: Prices, provider: string, model: string, atMs: number) {
  const priceAs = config.providers[provider]?.priceAs;
  return { provider, ...(priceAs === undefined ? {} : { priceAs }), model, atMs };
}
