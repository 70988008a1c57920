import { describe, expect, it } from 'vitest';
import { createFactBook } from '../../../functions/adapters/model-facts.ts';
import { deployedCatalogue } from '../../../functions/adapters/price-catalogue.ts';
import { parseConfig } from '../../../functions/core/config.ts';

const catalogue = await deployedCatalogue();

function book(capabilities: readonly object[] = []) {
  const parsed = parseConfig({ providers: {}, capabilities });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return createFactBook(catalogue, parsed.config);
}

describe('what is known of a model', () => {
  it('is its context window, from the catalogue, by its name there or here', () => {
    const facts = book();
    const windowOf = (provider: string, model: string, priceAs?: string) =>
      facts.find({ provider, model, priceAs }).contextTokens;
    expect(windowOf('openai', 'gpt-4')).toBe(8_192);
    expect(windowOf('anthropic', 'claude-sonnet-4-5')).toBe(200_000);
    expect(windowOf('bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0')).toBe(200_000);
    expect(windowOf('ours', 'gpt-4', 'openai')).toBe(8_192);
    expect(windowOf('ours', 'nothing-like-it')).toBeUndefined();
  });

  it('is what the operator says, the most exact entry first, and of abilities nothing else', () => {
    const facts = book([
      { provider: 'openai', model: 'gpt-*', tools: false },
      { provider: 'openai', model: 'gpt-4', contextTokens: 5, images: true },
    ]);
    expect(facts.find({ provider: 'openai', model: 'gpt-4' })).toMatchObject({
      contextTokens: 5,
      abilities: { images: true, tools: undefined },
    });
    expect(facts.find({ provider: 'openai', model: 'gpt-4o' })).toMatchObject({
      contextTokens: 128_000,
      abilities: { images: undefined, tools: false },
    });
    expect(facts.find({ provider: 'other', model: 'gpt-4' }).abilities).toEqual({});
  });
});
