import { readFileSync } from 'node:fs';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import { describe, expect, test } from 'vitest';
import { createPriceBook, deployedCatalogue } from '../../../functions/adapters/price-catalogue.ts';
import { parseConfig } from '../../../functions/core/config.ts';
import { NO_USAGE } from '../../../functions/core/usage.ts';
import { costNano, type ModelPrice, type PriceBook } from '../../../functions/ledger/prices.ts';
import { CATALOGUE_FILE, compileInstalled } from '../../../scripts/compile-prices.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

const catalogue = await deployedCatalogue();

function bookWith(prices: readonly object[]): PriceBook {
  const result = parseConfig({ providers: {}, prices });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return createPriceBook(catalogue, result.config.prices);
}

const book = bookWith([]);
const find = (provider: string, model: string, atMs = NOW) => book.find({ provider, model, atMs });
const million = (price: ModelPrice | undefined) =>
  [price?.base.input, price?.base.output].map((rate) => (rate ?? 0) / 1e6);

describe('the price catalogue', () => {
  test('knows the models of the default configuration, under dated and regional names too', () => {
    expect(million(find('anthropic', 'claude-sonnet-5'))).toEqual([2, 10]);
    expect(million(find('anthropic', 'claude-sonnet-4-5-20250929'))).toEqual([3, 15]);
    expect(million(find('openai', 'gpt-4o-2024-08-06'))).toEqual([2.5, 10]);
    // Bedrock asks a tenth more outside of its global profiles.
    expect(million(find('bedrock', 'us.anthropic.claude-sonnet-5-v1:0'))).toEqual([2.2, 11]);
    expect(million(find('gemini', 'gemini-2.5-flash'))).toEqual([0.3, 2.5]);
  });

  test('has long-context tiers and the one-hour cache', () => {
    const price = find('anthropic', 'claude-sonnet-4-5');
    expect(price?.base).toMatchObject({ cacheRead: 300_000, cacheWrite5m: 3_750_000, cacheWrite1h: 6_000_000 });
    expect(price?.tiers).toMatchObject([
      { aboveInputTokens: 200_000, rates: { input: 6_000_000, output: 22_500_000 } },
    ]);
    // OpenAI's tier begins with the 272,000th token.
    expect(find('openai', 'gpt-5.6-sol')?.tiers.map((tier) => tier.aboveInputTokens)).toEqual([271_999]);
  });

  test('goes by the time of the call', () => {
    // o3 became cheaper on 10 June 2025.
    expect(million(find('openai', 'o3', Date.parse('2025-06-01')))).toEqual([10, 40]);
    expect(million(find('openai', 'o3', Date.parse('2025-06-11')))).toEqual([2, 8]);
  });

  test('has no price where it knows no model, no provider, or only a price for something else', () => {
    expect(find('openai', 'gpt-of-my-own')).toBeUndefined();
    expect(find('vllm', 'llama-3.3-70b')).toBeUndefined();
    expect(find('openai', 'whisper-1')).toBeUndefined();
    expect(find('openrouter', 'deepseek/deepseek-r1:free')).toBeUndefined();
  });

  test('finds the provider by priceAs where its name says nothing', () => {
    const query = { provider: 'primary', model: 'claude-sonnet-5', atMs: NOW };
    expect(book.find(query)).toBeUndefined();
    expect(million(book.find({ ...query, priceAs: 'anthropic' }))).toEqual([2, 10]);
  });

  test('lets the configuration win, and shows it in the version', () => {
    const own = bookWith([{ provider: 'openai', model: 'gpt-4o*', input: 1, output: 2 }]);
    expect(million(own.find({ provider: 'openai', model: 'gpt-4o-2024-08-06', atMs: NOW }))).toEqual([1, 2]);
    expect(million(own.find({ provider: 'openai', model: 'gpt-5.6-sol', atMs: NOW }))).toEqual([4, 20]);
    expect(book.version).toMatch(/^genai-prices@[\d.]+$/);
    expect(own.version).toMatch(/^genai-prices@[\d.]+\+[0-9a-f]{8}$/);
    const other = bookWith([{ provider: 'openai', model: 'gpt-4o*', input: 1, output: 3 }]);
    expect(other.version).not.toBe(own.version);
  });

  test('is what the installed package has (npm run prices rewrites it)', async () => {
    expect(readFileSync(CATALOGUE_FILE, 'utf8')).toBe(await compileInstalled());
  });

  test('agrees with the arithmetic of the catalogue itself, for every model of every provider', () => {
    let compared = 0;
    for (const id of catalogue.providers.map((provider) => provider.id)) {
      for (const { id: model } of findProvider({ providerId: id })?.models ?? []) {
        const price = find(id, model);
        if (price === undefined) continue;
        for (const size of [1_000, 250_000]) {
          const used = { ...NO_USAGE, inputTokens: size, cacheReadTokens: size, outputTokens: 500 };
          const theirs = calcPrice({ input_tokens: 2 * size, cache_read_tokens: size, output_tokens: 500 }, model, {
            providerId: id,
            timestamp: new Date(NOW),
          });
          // Where they have a fee for each request or search on top, it is not made of tokens.
          if (theirs?.model_price.requests_kcount !== undefined) continue;
          expect(costNano(price, used) / 1e9, `${id}/${model}`).toBeCloseTo(theirs?.total_price ?? Number.NaN, 8);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(2_000);
  });
});
