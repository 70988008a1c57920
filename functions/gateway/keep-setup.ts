/** The configuration and what follows from it and from the prices in force, kept from request to request. */
import { createMediaFetcher } from '../adapters/fetch-media.ts';
import { createFactBook } from '../adapters/model-facts.ts';
import { createPriceBook } from '../adapters/price-catalogue.ts';
import type { PriceSource } from '../adapters/price-source.ts';
import type { Config } from '../core/config.ts';
import type { Catalogue } from '../ledger/catalogue.ts';
import { ownDetectors } from '../records/own-patterns.ts';
import { createRedactor } from '../records/redact.ts';
import type { Setup } from './gateway.ts';

/** A request takes what this gives and holds on to it: prices that come into force meanwhile are the next one's. */
export function keepSetup(configs: () => Promise<Configured>, prices: PriceSource): () => Promise<Setup> {
  let kept: { readonly configured: Configured; readonly catalogue: Catalogue; readonly setup: Setup } | undefined;
  return async () => {
    const [configured, catalogue] = await Promise.all([configs(), prices.catalogue()]);
    if (kept?.configured !== configured || kept.catalogue !== catalogue) {
      kept = { configured, catalogue, setup: setupOf(configured, catalogue) };
    }
    return kept.setup;
  };
}

type Configured = Omit<Setup, 'prices' | 'facts'>;

/** What follows from a configuration alone. */
export function configure(config: Config, version: string): Configured {
  const { remoteMedia: mode, limits } = config;
  const media = createMediaFetcher({ mode, maxBytes: limits.mediaBytes, maxTotalBytes: limits.mediaTotalBytes });
  return { config, version, redactor: createRedactor(ownDetectors(config.redaction.patterns)), media };
}

function setupOf(configured: Configured, catalogue: Catalogue): Setup {
  const { config } = configured;
  return { ...configured, prices: createPriceBook(catalogue, config.prices), facts: createFactBook(catalogue, config) };
}
