import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addUsage, NO_USAGE, totalInputTokens, totalOutputTokens, type Usage } from '../../../functions/core/usage.ts';
import {
  affordableOutputTokens,
  costNano,
  type ModelPrice,
  type Rates,
  worstCaseNano,
} from '../../../functions/ledger/prices.ts';
import { modelPriceOf, overrideFor } from '../../../functions/ledger/resolve-rates.ts';

/** As the catalogue has it for a Claude model with a long-context tier. */
const TIERED = {
  input_mtok: { base: 3, tiers: [{ start: 200_000, price: 6 }] },
  cache_read_mtok: { base: 0.3, tiers: [{ start: 200_000, price: 0.6 }] },
  cache_write_mtok: { base: 3.75, tiers: [{ start: 200_000, price: 7.5 }] },
  cache_write_1h_mtok: { base: 6, tiers: [{ start: 200_000, price: 12 }] },
  output_mtok: { base: 15, tiers: [{ start: 200_000, price: 22.5 }] },
};
const usage = (change: Partial<Usage>): Usage => ({ ...NO_USAGE, ...change });

function priceOf(list: Parameters<typeof modelPriceOf>[0]): ModelPrice {
  const price = modelPriceOf(list);
  if (price === undefined) throw new Error('The list has no price.');
  return price;
}

describe('the cost of a call', () => {
  /** biome-ignore format: a table is read by its columns */
  test.each([
    // 1,000 × $3 + 100 × $15 = $0.003 + $0.0015, a million tokens each
    ['input and output',       TIERED, { inputTokens: 1_000, outputTokens: 100 },                              4_500_000],
    // 10 × $3 + 5,000 × $0.30 + 2,000 × $3.75 + 1,000 × $6 = $0.00003 + $0.0015 + $0.0075 + $0.006
    ['each cache class',       TIERED, { inputTokens: 10, cacheReadTokens: 5_000, cacheWrite5mTokens: 2_000, cacheWrite1hTokens: 1_000 }, 15_030_000],
    // At the threshold, not over it: 200,000 × $3
    ['the tier, not reached',  TIERED, { inputTokens: 200_000 },                                             600_000_000],
    // One over: all 200,001 tokens × $6, and the output × $22.50
    ['the tier, reached',      TIERED, { inputTokens: 200_001, outputTokens: 1_000 },                      1_222_506_000],
    // 1 uncached, but 200,001 in all: 1 × $6 + 200,000 × $0.60
    ['the tier, by the cache', TIERED, { inputTokens: 1, cacheReadTokens: 200_000 },                         120_006_000],
    // Reasoning is a part of output and is not paid twice: 100 × $15
    ['reasoning',              TIERED, { outputTokens: 100, reasoningTokens: 80 },                             1_500_000],
    // 3 × $0.0375 = 112.5 nano, up to 113
    ['rounding, half up',      { input_mtok: 0.0375, output_mtok: 0.15 }, { inputTokens: 3 },                        113],
    // 1 × $0.0375 = 37.5, 1 × $0.15 = 150: 187.5, rounded once
    ['rounding, once',         { input_mtok: 0.0375, output_mtok: 0.15 }, { inputTokens: 1, outputTokens: 1 },       188],
    // No price for cached input: 1,000 × $2.50
    ['cache read, unlisted',   { input_mtok: 2.5, output_mtok: 10 }, { cacheReadTokens: 1_000 },                2_500_000],
    // No price for audio: 1,000 × $2.50 + 10 × $10
    ['audio, unlisted',        { input_mtok: 2.5, output_mtok: 10 }, { audioInputTokens: 1_000, audioOutputTokens: 10 }, 2_600_000],
    // 1,000 × $32 + 10 × $64
    ['audio',                  { input_mtok: 2.5, output_mtok: 10, input_audio_mtok: 32, output_audio_mtok: 64 }, { audioInputTokens: 1_000, audioOutputTokens: 10 }, 32_640_000],
    // Claude on Vertex: only the five-minute price is listed, an hour is twice the input: 1,000 × $6
    ['one-hour write, unlisted', { input_mtok: 3, output_mtok: 15, cache_write_mtok: 3.75 }, { cacheWrite1hTokens: 1_000 }, 6_000_000],
    // No price for writing at all: as input, 1,000 × $2.50
    ['writes, unlisted',       { input_mtok: 2.5, output_mtok: 10 }, { cacheWrite5mTokens: 500, cacheWrite1hTokens: 500 }, 2_500_000],
    ['an embedding',           { input_mtok: 0.02 }, { inputTokens: 1_000 },                                       20_000],
    ['nothing',                TIERED, {},                                                                              0],
  ])('%s', (_, list, change, nano) => {
    expect(costNano(priceOf(list), usage(change))).toBe(nano);
  });

  test('takes each class by its own threshold', () => {
    const price = priceOf({
      input_mtok: { base: 1, tiers: [{ start: 100, price: 2 }] },
      output_mtok: { base: 10, tiers: [{ start: 200, price: 20 }] },
    });
    expect(costNano(price, usage({ inputTokens: 150, outputTokens: 1 }))).toBe(150 * 2_000 + 10_000);
    expect(costNano(price, usage({ inputTokens: 250, outputTokens: 1 }))).toBe(250 * 2_000 + 20_000);
  });

  test('survives what providers report: fractions are rounded up, nonsense is nothing', () => {
    const price = priceOf({ input_mtok: 1, output_mtok: 1 });
    expect(costNano(price, usage({ inputTokens: 1.2, outputTokens: Number.NaN, cacheReadTokens: -5 }))).toBe(2_000);
    expect(costNano(price, usage({ inputTokens: Number.POSITIVE_INFINITY }))).toBeGreaterThan(1e15);
  });

  test('an entry without a price for input is no price: never free', () => {
    expect(modelPriceOf({})).toBeUndefined();
    expect(modelPriceOf({ audio_hours: 0.36 })).toBeUndefined();
  });
});

const rate = fc.integer({ min: 0, max: 200_000_000 });
const rates: fc.Arbitrary<Rates> = fc.record({
  input: rate,
  cacheRead: rate,
  cacheWrite5m: rate,
  cacheWrite1h: rate,
  output: rate,
  audioInput: rate,
  audioOutput: rate,
  cacheReadAudio: rate,
});
const price: fc.Arbitrary<ModelPrice> = fc.record({
  base: rates,
  tiers: fc
    .array(fc.record({ aboveInputTokens: fc.nat(2_000_000), rates }), { maxLength: 3 })
    .map((tiers) => tiers.sort((a, b) => a.aboveInputTokens - b.aboveInputTokens)),
  factors: fc.record({ flex: fc.constant([1, 2] as const), priority: fc.constant([5, 3] as const) }),
});
const count = fc.nat(1_000_000);
const usages: fc.Arbitrary<Usage> = fc.record({
  inputTokens: count,
  cacheReadTokens: count,
  cacheWrite5mTokens: count,
  cacheWrite1hTokens: count,
  outputTokens: count,
  reasoningTokens: fc.constant(0),
  audioInputTokens: count,
  audioOutputTokens: count,
});

describe('the worst case', () => {
  test('is at the dearest class and tier within reach', () => {
    const listed = priceOf(TIERED);
    // 1,000 × $6 (a one-hour write) + 100 × $15
    expect(worstCaseNano(listed, { inputTokens: 1_000, outputTokens: 100 })).toBe(7_500_000);
    // No one-hour cache asked for: 1,000 × $3.75 + 100 × $15
    expect(worstCaseNano(listed, { inputTokens: 1_000, outputTokens: 100, cacheWrite1h: false })).toBe(5_250_000);
    // 300,000 × $7.50 + 100 × $22.50
    expect(worstCaseNano(listed, { inputTokens: 300_000, outputTokens: 100, cacheWrite1h: false })).toBe(2_252_250_000);
    const audio = priceOf({ input_mtok: 2.5, output_mtok: 10, input_audio_mtok: 32, output_audio_mtok: 64 });
    // 10 × $32 + 10 × $64; without audio in the request 10 × $2.50, and the answer may still be spoken
    expect(worstCaseNano(audio, { inputTokens: 10, outputTokens: 10 })).toBe(960_000);
    expect(worstCaseNano(audio, { inputTokens: 10, outputTokens: 10, audio: false })).toBe(665_000);
  });

  test('no usage within the totals costs more', () => {
    fc.assert(
      fc.property(price, usages, fc.nat(1_000), fc.nat(1_000), (any, used, moreInput, moreOutput) => {
        const bound = {
          inputTokens: totalInputTokens(used) + moreInput,
          outputTokens: totalOutputTokens(used) + moreOutput,
        };
        expect(costNano(any, used)).toBeLessThanOrEqual(worstCaseNano(any, bound));
      }),
    );
  });

  test('holds for what a request can come to, where it is told', () => {
    fc.assert(
      fc.property(price, usages, (any, all) => {
        const used = { ...all, audioInputTokens: 0, cacheWrite1hTokens: 0 };
        const bound = { inputTokens: totalInputTokens(used), outputTokens: totalOutputTokens(used) };
        expect(costNano(any, used)).toBeLessThanOrEqual(
          worstCaseNano(any, { ...bound, audio: false, cacheWrite1h: false }),
        );
      }),
    );
  });
});

describe('the output that a budget affords', () => {
  test('is the last number of tokens whose worst case the budget holds', () => {
    fc.assert(
      fc.property(price, fc.nat(3_000_000), fc.nat(2 ** 31 - 1), (any, inputTokens, budget) => {
        const budgetNano = budget * 1_000;
        const affordable = affordableOutputTokens(any, inputTokens, budgetNano);
        const worst = (outputTokens: number) => worstCaseNano(any, { inputTokens, outputTokens });
        if (worst(0) > budgetNano) {
          expect(affordable).toBe(0);
        } else if (affordable === Number.MAX_SAFE_INTEGER) {
          expect(worst(1)).toBe(worst(0));
        } else {
          expect(worst(affordable)).toBeLessThanOrEqual(budgetNano);
          expect(worst(affordable + 1)).toBeGreaterThan(budgetNano);
        }
      }),
    );
  });

  test('is nothing without a budget, and all there is where output is free', () => {
    const listed = priceOf({ input_mtok: 1, output_mtok: 10 });
    expect(affordableOutputTokens(listed, 100, 0)).toBe(0);
    expect(affordableOutputTokens(listed, 100, -5)).toBe(0);
    // $0.001 less 100 × $1: 900,000 nano at 10,000 each
    expect(affordableOutputTokens(listed, 100, 1_000_000)).toBe(90);
    expect(affordableOutputTokens(priceOf({ input_mtok: 1 }), 100, 1_000_000)).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('costs', () => {
  test('of two calls add up to the cost of both, but for the rounding of each', () => {
    fc.assert(
      fc.property(rates, usages, usages, (flat, one, other) => {
        const any = { base: flat, tiers: [], factors: {} };
        const both = addUsage(one, other);
        const sum = costNano(any, one) + costNano(any, other);
        expect(Math.abs(sum - costNano(any, both))).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('an override', () => {
  const overrides = [
    { provider: 'vllm', model: '*', input: 0.2, output: 0.6 },
    { provider: 'vllm', model: 'llama-*', input: 0.3, output: 0.7, cacheRead: 0.03 },
    { provider: 'vllm', model: 'llama-70b', input: 0.9, output: 0.9, cacheWrite5m: 1.125 },
    { provider: 'other', model: 'llama-70b-instruct', input: 9, output: 9 },
  ];
  const inputRate = (model: string, provider = 'vllm') => overrideFor(overrides, provider, model)?.base.input;

  test('by exact name wins over a prefix, a longer prefix over a shorter', () => {
    expect(inputRate('llama-70b')).toBe(900_000);
    expect(inputRate('llama-70b-instruct')).toBe(300_000);
    expect(inputRate('qwen')).toBe(200_000);
    expect(inputRate('llama-70b', 'openai')).toBeUndefined();
    expect(overrideFor([...overrides].reverse(), 'vllm', 'llama-70b')?.base.input).toBe(900_000);
  });

  test('derives what it leaves out as a list does', () => {
    expect(overrideFor(overrides, 'vllm', 'llama-8b')?.base).toEqual({
      input: 300_000,
      cacheRead: 30_000,
      cacheWrite5m: 300_000,
      cacheWrite1h: 300_000,
      output: 700_000,
      audioInput: 300_000,
      audioOutput: 700_000,
      cacheReadAudio: 30_000,
    });
    expect(overrideFor(overrides, 'vllm', 'llama-70b')?.base.cacheWrite1h).toBe(1_800_000);
  });
});
