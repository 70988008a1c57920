/**
 * What a call costs, exactly. Rates are whole pico-dollars (1e-12 USD) a token, which is the price in USD per million
 * tokens times 1e6: six decimals of a list price are exact, and 0.0375 USD/M is 37,500. Sums are BigInt, because one
 * long call passes 2^53 pico-dollars ($9,007) in a property test long before it does in life, and cost 0.4 µs.
 */
import { type ServiceTerm, totalInputTokens, type Usage } from '../core/usage.ts';
import type { Factor, Factors } from './service-terms.ts';

/** Pico-dollars a token, one for each class of `Usage`. Every class has one: what a list leaves out is derived. */
export interface Rates {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly audioInput: number;
  readonly audioOutput: number;
  /** Audio that was read from a cache. */
  readonly cacheReadAudio: number;
}

/** Long-context prices: they hold for all tokens of a call whose whole input, cached or not, exceeds the threshold. */
export interface PriceTier {
  readonly aboveInputTokens: number;
  readonly rates: Rates;
}

export interface ModelPrice {
  readonly base: Rates;
  /** By rising threshold. */
  readonly tiers: readonly PriceTier[];
  /** What terms other than the standard make of every rate; of those that are missing the price is not known. */
  readonly factors: Factors;
}

export interface PriceQuery {
  /** The provider's name in the configuration. */
  readonly provider: string;
  /** Its id in the catalogue, where that is another. */
  readonly priceAs?: string;
  /** The provider's name for the model. */
  readonly model: string;
  readonly atMs: number;
}

export interface PriceBook {
  /** Of the catalogue and the overrides together; stored with every row. */
  readonly version: string;
  /** Undefined where no price is known, which is not the same as free. */
  find(query: PriceQuery): ModelPrice | undefined;
}

/** Which of the dearer input classes a request can come to. Unless told otherwise, all of them. */
export interface InputKinds {
  readonly audio?: boolean;
  /** The request asks for a cache that lives an hour. */
  readonly cacheWrite1h?: boolean;
  /** Terms that it asks for. */
  readonly terms?: readonly ServiceTerm[];
}

export interface TokenBound extends InputKinds {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Whether the price of a call under these terms is known. */
export function isPriced(price: ModelPrice, terms: readonly ServiceTerm[] = []): boolean {
  return terms.every((term) => price.factors[term] !== undefined);
}

/** Cost in nano-dollars, rounded once, half up. Terms whose price is not known count as the standard ones. */
export function costNano(price: ModelPrice, usage: Usage, terms: readonly ServiceTerm[] = []): number {
  const rates = ratesAt(price, totalInputTokens(usage));
  const cachedAudio = Math.min(usage.cacheReadAudioTokens ?? 0, usage.cacheReadTokens);
  const pico =
    times(usage.inputTokens, rates.input) +
    times(usage.cacheReadTokens - cachedAudio, rates.cacheRead) +
    times(cachedAudio, rates.cacheReadAudio) +
    times(usage.cacheWrite5mTokens, rates.cacheWrite5m) +
    times(usage.cacheWrite1hTokens, rates.cacheWrite1h) +
    times(usage.outputTokens, rates.output) +
    times(usage.audioInputTokens, rates.audioInput) +
    times(usage.audioOutputTokens, rates.audioOutput);
  const [numerator, denominator] = factorOf(price, terms);
  return Number((pico * numerator + 500n * denominator) / (1000n * denominator));
}

/**
 * The most that any usage within these totals can cost, in nano-dollars, rounded up: every input token at the dearest
 * class that the request can come to (a cache write costs more than input, and any prompt may be written: OpenAI
 * caches unasked), every output token at the dearer of text and audio, and both at the dearest tier within reach.
 */
export function worstCaseNano(price: ModelPrice, tokens: TokenBound): number {
  const { input, output } = dearestRates(price, tokens.inputTokens, tokens);
  const pico = times(tokens.inputTokens, input) + times(tokens.outputTokens, output);
  const [numerator, denominator] = dearestFactor(price, tokens);
  return Number((pico * numerator + 1000n * denominator - 1n) / (1000n * denominator));
}

/**
 * The largest number of output tokens with `worstCaseNano` within the budget: 0 where not even the input fits, and
 * `Number.MAX_SAFE_INTEGER` where output is free.
 */
export function affordableOutputTokens(
  price: ModelPrice,
  inputTokens: number,
  budgetNano: number,
  kinds: InputKinds = {},
): number {
  const { input, output } = dearestRates(price, inputTokens, kinds);
  const [numerator, denominator] = dearestFactor(price, kinds);
  const left = times(Math.floor(budgetNano), 1000) * denominator - times(inputTokens, input) * numerator;
  if (left < 0n) return 0;
  if (output === 0) return Number.MAX_SAFE_INTEGER;
  const affordable = left / (BigInt(output) * numerator);
  return affordable > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(affordable);
}

/** For a call of so many input tokens, cached ones included. */
export function ratesAt(price: ModelPrice, inputTokens: number): Rates {
  return price.tiers.findLast((tier) => inputTokens > tier.aboveInputTokens)?.rates ?? price.base;
}

/** Over all tiers within reach, not the highest alone: nothing says that a list grows dearer in every class. */
function dearestRates(price: ModelPrice, inputTokens: number, kinds: InputKinds): { input: number; output: number } {
  let input = 0;
  let output = 0;
  const reachable = price.tiers.filter((tier) => inputTokens > tier.aboveInputTokens);
  for (const rates of [price.base, ...reachable.map((tier) => tier.rates)]) {
    input = Math.max(input, rates.input, rates.cacheRead, rates.cacheWrite5m);
    if (kinds.audio !== false) input = Math.max(input, rates.audioInput, rates.cacheReadAudio);
    if (kinds.cacheWrite1h !== false) input = Math.max(input, rates.cacheWrite1h);
    output = Math.max(output, rates.output, rates.audioOutput);
  }
  return { input, output };
}

/** Counts come from providers: a fraction is rounded up, and nothing that is not a positive number makes a price. */
function times(tokens: number, rate: number): bigint {
  if (!(tokens > 0)) return 0n;
  return BigInt(Math.min(Math.ceil(tokens), Number.MAX_SAFE_INTEGER)) * BigInt(rate);
}

type WholeFactor = readonly [numerator: bigint, denominator: bigint];

function factorOf(price: ModelPrice, terms: readonly ServiceTerm[]): WholeFactor {
  const factors = terms.map((term) => price.factors[term] ?? ([1, 1] satisfies Factor));
  return [product(factors.map(([numerator]) => numerator)), product(factors.map(([, denominator]) => denominator))];
}

/** Asking for terms is not getting them: a request for cheaper ones may be served, and charged, as any other. */
function dearestFactor(price: ModelPrice, { terms = [] }: InputKinds): WholeFactor {
  const dearer = terms.filter((term) => {
    const [numerator, denominator] = price.factors[term] ?? [1, 1];
    return numerator > denominator;
  });
  return factorOf(price, dearer);
}

function product(values: readonly number[]): bigint {
  return values.reduce((result, value) => result * BigInt(value), 1n);
}
