import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../functions/core/config.ts';
import { PRESETS } from '../../../functions/core/presets.ts';

function parse(provider: object) {
  return parseConfig({ providers: { p: provider } });
}

function providerOf(provider: object) {
  const result = parse(provider);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.providers.p;
}

function problemsOf(provider: object) {
  const result = parse(provider);
  return result.ok ? [] : result.problems;
}

describe('a preset', () => {
  it('is the provider as if it had been written out', () => {
    const { baseUrl, priceAs, quirks } = PRESETS.groq ?? {};
    expect(providerOf({ preset: 'groq', secret: 'groq' })).toEqual({
      dialect: 'openai-chat',
      baseUrl,
      priceAs,
      quirks,
      secret: 'groq',
    });
    expect(providerOf({ preset: 'groq', secret: 'groq' })).toEqual(
      providerOf({ dialect: 'openai-chat', baseUrl, priceAs, quirks, secret: 'groq' }),
    );
  });

  it('gives way to what is written, of quirks each for itself', () => {
    const written = providerOf({
      preset: 'mistral',
      dialect: 'openai-responses',
      baseUrl: 'https://proxy.test/v1',
      auth: 'none',
      priceAs: 'mine',
      quirks: { unsupported: [], streamUsage: true },
    });
    expect(written).toEqual({
      dialect: 'openai-responses',
      baseUrl: 'https://proxy.test/v1',
      auth: 'none',
      priceAs: 'mine',
      quirks: { ...PRESETS.mistral?.quirks, unsupported: [], streamUsage: true },
    });
  });

  it('has no address beside several', () => {
    const provider = providerOf({ preset: 'ollama', baseUrls: ['http://a.test/v1', 'http://b.test/v1'] });
    expect(provider).toMatchObject({ baseUrls: ['http://a.test/v1', 'http://b.test/v1'] });
    expect(provider).not.toHaveProperty('baseUrl');
  });

  it('that is resolved resolves to itself', () => {
    const once = parse({ preset: 'vertex-gemini', variables: { project: 'p', location: 'global' }, secret: 'v' });
    const config = once.ok ? once.config : undefined;
    expect(parseConfig(JSON.parse(JSON.stringify(config)))).toEqual(once);
  });

  it.each([
    [
      'vertex-gemini',
      { location: 'europe-west4' },
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west4/publishers/google',
    ],
    [
      'vertex-openai',
      { location: 'global' },
      'https://aiplatform.googleapis.com/v1/projects/my-project/locations/global/endpoints/openapi',
    ],
  ])('%s in %j lies at %s', (preset, place, baseUrl) => {
    expect(providerOf({ preset, variables: { project: 'my-project', ...place } })?.baseUrl).toBe(baseUrl);
  });

  it('takes the region from where Bedrock has it, too', () => {
    const baseUrl = 'https://bedrock-mantle.eu-west-1.api.aws/anthropic';
    expect(providerOf({ preset: 'bedrock-anthropic', region: 'eu-west-1' })).toMatchObject({
      baseUrl,
      region: 'eu-west-1',
    });
    expect(providerOf({ preset: 'bedrock-anthropic', variables: { region: 'eu-west-1' } })?.baseUrl).toBe(baseUrl);
  });

  it('that is not known is told with all that are', () => {
    const [problem] = problemsOf({ preset: 'grok' });
    expect(problem?.path).toBe('providers.p.preset');
    for (const name of Object.keys(PRESETS)) expect(problem?.message).toContain(`"${name}"`);
  });

  it.each<[object, string, RegExp]>([
    [{ preset: 'azure' }, 'variables.resource', /is missing: the address of the preset "azure" needs it/],
    [{ preset: 'vertex-gemini', variables: { project: 'p' } }, 'variables.location', /is missing/],
    [{ preset: 'bedrock-openai' }, 'region', /is missing/],
    [{ preset: 'azure', variables: { resource: 'evil.test/x?' } }, 'variables.resource', /must be letters/],
    [{ preset: 'bedrock-openai', region: 'us-east-1.evil.test#' }, 'region', /must be letters/],
    [{ preset: 'vllm' }, 'baseUrl', /needs baseUrl/],
    [{ dialect: 'openai-chat' }, 'baseUrl', /needs baseUrl/],
    [{ baseUrl: 'https://x.test' }, 'dialect', /is missing: give it, or a preset/],
    [{ preset: 'groq', bseUrl: 'x' }, '', /unknown field bseUrl/],
    [{ preset: 'groq', quirks: { toolIds: 'nine' } }, 'quirks.toolIds', /"nine-alphanumerics"/],
  ])('%j is refused', (provider, path, message) => {
    const problems = problemsOf(provider);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path).toBe(path === '' ? 'providers.p' : `providers.p.${path}`);
    expect(problems[0]?.message).toMatch(message);
  });

  it('has https, but on this machine', () => {
    for (const { baseUrl } of Object.values(PRESETS)) {
      if (baseUrl !== undefined) expect(baseUrl).toMatch(/^(https:\/\/|http:\/\/localhost:)/);
    }
  });
});
