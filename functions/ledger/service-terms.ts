/**
 * What the terms of a call make of its list price. The catalogue has none of this, so it is here, with its sources; an
 * operator's `factors` under `prices` come first. Where neither says anything, the call is charged at the list price
 * and flagged `unpriced`: its bill is known to be wrong.
 */
import type { ServiceTerm } from '../core/usage.ts';

/** A fraction, because 5/3 of 150,000 is exact and 1.667 of it is not. */
export type Factor = readonly [numerator: number, denominator: number];

export type Factors = { readonly [T in ServiceTerm]?: Factor };

const HALF: Factor = [1, 2];
const SAME: Factor = [1, 1];
const TWICE: Factor = [2, 1];

interface Terms {
  /** For every model of the provider's. */
  readonly all: Factors;
  /** By the catalogue's ids. */
  readonly models: { readonly [id: string]: Factors };
}

const priority = (factor: Factor): Factors => ({ priority: factor });

/** By the catalogue's ids of providers. */
const TERMS: { readonly [provider: string]: Terms } = {
  openai: {
    // "priced at Batch API rates" (developers.openai.com/api/docs/guides/flex-processing), which are half.
    all: { flex: HALF, batch: HALF },
    // openai.com/api-priority-processing, read 2026-11-23: $2.50 for gpt-5 where the list has $1.25, and so on; all
    // classes of a model by the same factor. It is not sold for long contexts.
    models: {
      'gpt-5.6-luna': { priority: TWICE, fast: TWICE },
      'gpt-5.6-sol': { priority: TWICE, fast: TWICE },
      'gpt-5.6-terra': { priority: TWICE, fast: TWICE },
      'gpt-5.5': priority([5, 2]),
      'gpt-5.4': priority(TWICE),
      'gpt-5.4-mini': priority(TWICE),
      'gpt-5.2': priority(TWICE),
      'gpt-5.1': priority(TWICE),
      'gpt-5': priority(TWICE),
      'gpt-5-mini': priority([9, 5]),
      'gpt-4.1': priority([7, 4]),
      'gpt-4.1-mini': priority([7, 4]),
      'gpt-4.1-nano': priority(TWICE),
      'gpt-4o': priority([17, 10]),
      'gpt-4o-2024-05-13': priority([7, 4]),
      'gpt-4o-mini': priority([5, 3]),
      o3: priority([7, 4]),
      'o4-mini': priority([20, 11]),
    },
  },
  anthropic: {
    // Batches at half the price of every class. Priority Tier is paid for by a commitment, from which tokens are taken by
    // their list price (platform.claude.com/docs/en/api/service-tiers). Inference kept in the US costs 1.1 times as
    // much, for the models that offer it (platform.claude.com/docs/en/about-claude/pricing#data-residency-pricing).
    all: { batch: HALF, priority: SAME, us: [11, 10] },
    // platform.claude.com/docs/en/build-with-claude/fast-mode: $30 for Opus 4.6, $10 for Opus 5, where the list has $5.
    models: { 'claude-opus-4-6': { fast: [6, 1] }, 'claude-opus-5': { fast: TWICE } },
  },
  // ai.google.dev/gemini-api/docs/optimization; of priority it says only "75 % to 100 % more".
  google: { all: { flex: HALF, batch: HALF }, models: {} },
  // aws.amazon.com/bedrock/pricing: batches at half; what flex and priority cost differs by model and region.
  aws: { all: { batch: HALF }, models: {} },
  // console.groq.com/docs/flex-processing: at the price of on-demand.
  groq: { all: { flex: SAME }, models: {} },
};

export function factorsOf(provider: string, model: string): Factors {
  const terms = TERMS[provider];
  return terms === undefined ? {} : { ...terms.all, ...terms.models[model] };
}
