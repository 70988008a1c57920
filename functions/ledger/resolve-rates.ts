/** From list prices in USD per million tokens, as the catalogue or the configuration gives them, to rates of every class. */
import type { PriceOverride } from '../core/config.ts';
import { mostExact } from '../core/model-pattern.ts';
import { SERVICE_TERMS } from '../core/usage.ts';
import type { ModelPrice, PriceTier, Rates } from './prices.ts';
import type { Factor, Factors } from './service-terms.ts';

/** A price of the catalogue: flat, or by the size of the whole input. */
export type ListPrice = number | { readonly base: number; readonly tiers: readonly { start: number; price: number }[] };

/** One model's entry, already resolved at a date. Other units (searches, pages, hours of audio) are not tokens. */
export type ListPrices = { readonly [key: string]: ListPrice | undefined };

interface PriceList {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number | undefined;
  readonly cacheWrite5m: number | undefined;
  readonly cacheWrite1h: number | undefined;
  readonly audioInput: number | undefined;
  readonly audioOutput: number | undefined;
  readonly cacheReadAudio: number | undefined;
}

/**
 * Undefined where the entry has no price for input tokens: the catalogue lists some models with no prices at all, and
 * that is not the same as free.
 *
 * Tiers as the catalogue's own arithmetic has them: a tier holds for all tokens of the class once the *whole* input,
 * cached tokens included, is over (not at) its start; each class has its own thresholds.
 */
export function modelPriceOf(list: ListPrices, factors: Factors = {}): ModelPrice | undefined {
  if (list.input_mtok === undefined) return undefined;
  const starts = new Set(
    Object.values(list).flatMap((price) => (typeof price === 'object' ? price.tiers.map((tier) => tier.start) : [])),
  );
  const ratesAbove = (start: number): Rates => {
    const at = (key: string) => priceAbove(list[key], start);
    return ratesOf({
      input: at('input_mtok') ?? 0,
      // Embeddings have none.
      output: at('output_mtok') ?? 0,
      cacheRead: at('cache_read_mtok'),
      cacheWrite5m: at('cache_write_mtok'),
      cacheWrite1h: at('cache_write_1h_mtok'),
      audioInput: at('input_audio_mtok'),
      audioOutput: at('output_audio_mtok'),
      cacheReadAudio: at('cache_audio_read_mtok'),
    });
  };
  const tiers: readonly PriceTier[] = [...starts]
    .sort((a, b) => a - b)
    .map((start) => ({ aboveInputTokens: start, rates: ratesAbove(start) }));
  return { base: ratesAbove(-1), tiers, factors };
}

/** The operator's price for a model. */
export function overrideFor(
  overrides: readonly PriceOverride[],
  provider: string,
  model: string,
): ModelPrice | undefined {
  const found = mostExact(overrides, provider, model);
  if (found === undefined) return undefined;
  return {
    base: ratesOf(listOf(found)),
    tiers: [...(found.longContext ?? [])]
      .sort((one, other) => one.above - other.above)
      .map((tier) => ({ aboveInputTokens: tier.above, rates: ratesOf(listOf(tier)) })),
    factors: Object.fromEntries(
      SERVICE_TERMS.flatMap((term) => {
        const factor = found?.factors?.[term];
        return factor === undefined ? [] : [[term, thousandths(factor)]];
      }),
    ),
  };
}

type OverrideRates = Pick<PriceOverride, 'input' | 'output' | OptionalRate>;
type OptionalRate = 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h' | 'audioInput' | 'audioOutput' | 'cacheReadAudio';

function listOf(rates: OverrideRates): PriceList {
  const { input, output, cacheRead, cacheWrite5m, cacheWrite1h, audioInput, audioOutput, cacheReadAudio } = rates;
  return { input, output, cacheRead, cacheWrite5m, cacheWrite1h, audioInput, audioOutput, cacheReadAudio };
}

const thousandths = (factor: number): Factor => [Math.round(factor * 1_000), 1_000];

/**
 * What a list leaves out: a class without a price of its own costs what the class above it costs. The one exception
 * is the one-hour cache, which Anthropic sells at twice the input price on every platform
 * (platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing) while the catalogue (0.1.8) has
 * `cache_write_1h_mtok` for Anthropic's own API and some regions of Bedrock, and only the five-minute price for
 * Vertex, OpenRouter and the rest of Bedrock. Nobody else reports one-hour writes, so for others the rate is idle.
 */
function ratesOf(list: PriceList): Rates {
  const cacheWrite5m = list.cacheWrite5m ?? list.input;
  const derived1h = list.cacheWrite5m === undefined ? list.input : Math.max(2 * list.input, cacheWrite5m);
  return {
    input: picoPerToken(list.input),
    output: picoPerToken(list.output),
    cacheRead: picoPerToken(list.cacheRead ?? list.input),
    cacheWrite5m: picoPerToken(cacheWrite5m),
    cacheWrite1h: picoPerToken(list.cacheWrite1h ?? derived1h),
    audioInput: picoPerToken(list.audioInput ?? list.input),
    audioOutput: picoPerToken(list.audioOutput ?? list.output),
    cacheReadAudio: picoPerToken(list.cacheReadAudio ?? list.cacheRead ?? list.audioInput ?? list.input),
  };
}

/** Rounding undoes the noise of the decimal (0.075 × 1e6); of the 1,289 models looked at, six have a 7th decimal. */
function picoPerToken(usdPerMillion: number): number {
  return Math.round(usdPerMillion * 1e6);
}

function priceAbove(price: ListPrice | undefined, start: number): number | undefined {
  if (typeof price !== 'object') return price;
  let found = price.base;
  for (const tier of [...price.tiers].sort((a, b) => a.start - b.start)) if (tier.start <= start) found = tier.price;
  return found;
}
