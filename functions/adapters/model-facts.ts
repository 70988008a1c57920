/** What the price catalogue knows of models, which is their context windows, under the operator's overrides. No network. */
import type { Config } from '../core/config.ts';
import type { FactBook, ModelFacts } from '../core/model-facts.ts';
import { mostExact } from '../core/model-pattern.ts';
import { type Catalogue, findModel } from '../ledger/catalogue.ts';
import { createBoundedMap } from './bounded-map.ts';

/** Names come from whoever asks for `provider/model`. */
const REMEMBERED = 1_000;

/** A look-up takes 20 to 55 µs (Node 24): it is made once a model. */
export function createFactBook(catalogue: Catalogue, { capabilities }: Pick<Config, 'capabilities'>): FactBook {
  const known = createBoundedMap<string, ModelFacts>(REMEMBERED);

  const look = (provider: string, priceAs: string | undefined, model: string): ModelFacts => {
    const override = mostExact(capabilities, provider, model);
    // It knows nothing of tools, images and the like.
    const contextTokens = override?.contextTokens ?? findModel(catalogue, priceAs ?? provider, model)?.contextTokens;
    const { tools, images, files, audio, jsonSchema } = override ?? {};
    return {
      contextTokens,
      maxOutputTokens: override?.maxOutputTokens,
      abilities: { tools, images, files, audio, jsonSchema },
    };
  };

  return {
    find({ provider, priceAs, model }) {
      // No name of a provider has a slash.
      const key = `${provider}/${model}`;
      const found = known.get(key) ?? look(provider, priceAs, model);
      known.set(key, found);
      return found;
    },
  };
}
