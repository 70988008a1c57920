/** Prices from the catalogue that `@pydantic/genai-prices` carries, under the operator's overrides. No network. */
import { createHash } from 'node:crypto';
import type { Config } from '../core/config.ts';
import type { PriceBook } from '../ledger/prices.ts';
import { modelPriceOf, overrideFor } from '../ledger/resolve-rates.ts';

/** The package tells nobody its version at run time; a test holds this to the one installed. */
export const CATALOGUE_VERSION = '0.1.8';

/**
 * The catalogue is 830 kB of JavaScript: importing it takes 26 ms (Node 24, two cores; a cold Lambda of 512 MB has a fifth of that CPU), so it is loaded here and not with the module, and
 * a start that needs no price does not pay for it. A look-up takes 17–27 µs, which is not worth a cache.
 */
export async function createPriceBook(config: Config): Promise<PriceBook> {
  const { calcPrice } = await import('@pydantic/genai-prices');
  const overrides = config.prices;
  return {
    version: versionOf(overrides),
    find({ provider, priceAs, model, atMs }) {
      const override = overrideFor(overrides, provider, model);
      if (override !== undefined) return override;
      // With no usage it only looks up: `model_price` is the entry in force at that time, as data. Its own sums are
      // floats and stay unused. It matches the provider by id or by name ("bedrock" is aws, "gemini" google) and the
      // model by the catalogue's rules, dates and versions in the name included.
      const found = calcPrice({}, model, { providerId: priceAs ?? provider, timestamp: new Date(atMs) });
      return found === null ? undefined : modelPriceOf(found.model_price);
    },
  };
}

function versionOf(overrides: Config['prices']): string {
  const catalogue = `genai-prices@${CATALOGUE_VERSION}`;
  if (overrides.length === 0) return catalogue;
  return `${catalogue}+${createHash('sha256').update(JSON.stringify(overrides)).digest('hex').slice(0, 8)}`;
}
