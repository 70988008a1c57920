/** Prices of a catalogue, under the operator's own. */
import type { PriceOverride } from '../core/config.ts';
import { type Catalogue, findModel, pricesAt } from './catalogue.ts';
import type { PriceBook } from './prices.ts';
import { modelPriceOf, overrideFor } from './resolve-rates.ts';
import { factorsOf } from './service-terms.ts';

/** `version` stands for the catalogue and the overrides together. */
export function priceBookOf(catalogue: Catalogue, overrides: readonly PriceOverride[], version: string): PriceBook {
  return {
    version,
    find({ provider, priceAs, model, atMs }) {
      const override = overrideFor(overrides, provider, model);
      if (override !== undefined) return { ...override, factors: { ...listed(), ...override.factors } };
      const found = findModel(catalogue, priceAs ?? provider, model);
      if (found === undefined) return undefined;
      return modelPriceOf(pricesAt(found.prices, atMs), factorsOf(found.provider.id, found.id));

      /** A contract's price is usually a discount on the list, with the list's terms. */
      function listed() {
        const known = findModel(catalogue, priceAs ?? provider, model);
        return known === undefined ? {} : factorsOf(known.provider.id, known.id);
      }
    },
  };
}
