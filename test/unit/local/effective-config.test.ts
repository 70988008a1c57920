import { fileURLToPath } from 'node:url';
import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../functions/core/config.ts';
import { loadConfig } from '../../../lib/load-config.ts';
import { simulateMissing } from '../../../local/effective-config.ts';

const baseUrls = { 'openai-chat': 'http://127.0.0.1:1/v1', 'anthropic-messages': 'http://127.0.0.1:1' };

function config(providers: object) {
  const result = parseConfig({ providers });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

describe('providers without a secret', () => {
  const openai = { dialect: 'openai-chat', baseUrl: 'https://api.openai.com/v1', secret: 'openai' };

  it('are simulated, the others left alone', () => {
    const before = config({
      openai,
      anthropic: { dialect: 'anthropic-messages', baseUrl: 'https://api.anthropic.com', secret: 'anthropic' },
      many: { dialect: 'openai-chat', baseUrls: ['https://a.test', 'https://b.test'], secret: 'many', priceAs: 'x' },
      vllm: { dialect: 'openai-chat', baseUrl: 'http://10.0.1.4:8000/v1' },
    });
    const { config: after, ...rest } = simulateMissing(before, (name) => name === 'openai', baseUrls);
    expect(rest).toEqual({ simulated: ['anthropic', 'many'], standInSecrets: ['anthropic', 'many'], warnings: [] });
    expect(after.providers).toEqual({
      ...before.providers,
      anthropic: { ...before.providers.anthropic, baseUrl: 'http://127.0.0.1:1' },
      many: { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:1/v1', secret: 'many', priceAs: 'x' },
    });
    expect(parseConfig(JSON.parse(JSON.stringify(after)))).toMatchObject({ ok: true });
  });

  it('are simulated, too, where they would sign for AWS: the credentials of the local stack are made up', () => {
    const before = config({
      bedrock: { dialect: 'bedrock-converse', region: 'eu-west-1' },
      keyed: { dialect: 'bedrock-converse', secret: 'bedrock' },
      private: { dialect: 'bedrock-converse', baseUrl: 'https://vpce.test' },
    });
    const urls = { 'bedrock-converse': 'http://127.0.0.1:1/bedrock' };
    const { config: after, ...rest } = simulateMissing(before, () => false, urls);
    expect(rest).toEqual({ simulated: ['bedrock', 'keyed'], standInSecrets: ['bedrock'], warnings: [] });
    expect(after.providers.bedrock).toEqual({ ...before.providers.bedrock, baseUrl: urls['bedrock-converse'] });
    expect(after.providers.private).toEqual(before.providers.private);
    // With a key of Bedrock's own in the environment, it is asked itself.
    expect(simulateMissing(before, () => true, urls, true).simulated).toEqual([]);
    expect(simulateMissing(before, () => true, {}).warnings).toEqual([
      expect.stringContaining('The provider bedrock has no AWS credentials'),
    ]);
  });

  it('of a dialect that has no simulation are named', () => {
    const gemini = { dialect: 'gemini', baseUrl: 'https://g.test', secret: 'gemini' };
    const { warnings, simulated, config: after } = simulateMissing(config({ gemini }), () => false, baseUrls);
    expect(simulated).toEqual([]);
    expect(after.providers.gemini?.baseUrl).toBe('https://g.test');
    expect(warnings).toEqual([expect.stringContaining('The provider gemini has no secret "gemini"')]);
  });
});

describe('the configuration that ships', () => {
  it('is valid, and the catalogue has a price for every model in it', () => {
    const shipped = loadConfig(fileURLToPath(new URL('../../../gateway.yaml', import.meta.url)));
    const targets = Object.values(shipped.models).flatMap((model) => [...model.targets, ...model.fallbacks]);
    expect(targets.length).toBeGreaterThan(3);
    for (const { provider, model } of targets) {
      const price = calcPrice({ input_tokens: 1_000, output_tokens: 1_000 }, model, { providerId: provider });
      expect(price?.total_price, model).toBeGreaterThan(0);
    }
  });
});
