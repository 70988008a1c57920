import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../functions/core/config.ts';
import { DEFAULT_SETTINGS, plan } from '../../../functions/routing/plan.ts';

const caller = { keyId: 'key_1' };

function config(models: unknown, providers: Record<string, unknown> = {}) {
  const result = parseConfig({
    providers: {
      a: { dialect: 'openai-chat', baseUrl: 'https://a.example/v1/' },
      b: { dialect: 'anthropic-messages', baseUrl: 'https://b.example' },
      c: { dialect: 'openai-chat', baseUrls: ['http://c1.example/v1', 'http://c2.example/v1'] },
      ...providers,
    },
    models,
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

const weighted = config({
  smart: {
    targets: [
      { provider: 'a', model: 'm1', weight: 90 },
      { provider: 'b', model: 'm2', weight: 10 },
      { provider: 'c', model: 'm0', weight: 0 },
    ],
    fallbacks: [{ provider: 'c', model: 'm3' }],
    attempts: 5,
  },
});

const names = (draw: number): string[] =>
  plan({ config: weighted, model: 'smart', caller, draw, nowMs: 0 }).targets.map(
    (target) => `${target.provider}/${target.model}`,
  );

describe('plan', () => {
  it('draws a target by weight, puts the others behind it and the fallbacks last', () => {
    expect(names(0)).toEqual(['a/m1', 'b/m2', 'c/m3', 'c/m3']);
    expect(names(0.899)).toEqual(['a/m1', 'b/m2', 'c/m3', 'c/m3']);
    expect(names(0.9)).toEqual(['b/m2', 'a/m1', 'c/m3', 'c/m3']);
    expect(names(0.9999999)).toEqual(['b/m2', 'a/m1', 'c/m3', 'c/m3']);
  });

  it('splits draws as the weights say, and never draws weight 0', () => {
    const draws = Array.from({ length: 1_000 }, (_, index) => names(index / 1_000)[0]);
    expect(draws.filter((name) => name === 'a/m1')).toHaveLength(900);
    expect(draws.filter((name) => name === 'b/m2')).toHaveLength(100);
  });

  it('takes provider/model names, with slashes in the model', () => {
    const result = plan({ config: weighted, model: 'a/org/model:free', caller, draw: 0.5, nowMs: 0 });
    expect(result.targets.map((target) => target.model)).toEqual(['org/model:free']);
    expect(result.settings).toEqual(DEFAULT_SETTINGS);
  });

  it('strips the trailing slash of a base URL and spreads over several', () => {
    const url = (draw: number) => plan({ config: weighted, model: 'c/x', caller, draw, nowMs: 0 }).targets[0]?.baseUrl;
    expect(plan({ config: weighted, model: 'a/x', caller, draw: 0, nowMs: 0 }).targets[0]?.baseUrl).toBe(
      'https://a.example/v1',
    );
    expect([url(0), url(0.5)]).toEqual(['http://c1.example/v1', 'http://c2.example/v1']);
  });

  it.each(['nothing', 'a/', '/m', 'unknown/model', 'constructor', '__proto__', 'toString/x', ''])(
    'refuses the unknown model %j by name',
    (model) => {
      expect(() => plan({ config: weighted, model, caller, draw: 0, nowMs: 0 })).toThrowError(
        expect.objectContaining({ kind: 'unknown-model', param: 'model' }),
      );
    },
  );

  it('refuses a model that the key may not use', () => {
    const limited = { keyId: 'key_2', models: ['smart'] };
    expect(plan({ config: weighted, model: 'smart', caller: limited, draw: 0, nowMs: 0 }).targets).toHaveLength(4);
    expect(() => plan({ config: weighted, model: 'a/m1', caller: limited, draw: 0, nowMs: 0 })).toThrowError(
      expect.objectContaining({ kind: 'forbidden' }),
    );
  });

  it('gives provider/model names the same settings as an alias without any', () => {
    const plain = config({ plain: { targets: [{ provider: 'a', model: 'm' }] } });
    expect(plan({ config: plain, model: 'plain', caller, draw: 0, nowMs: 0 }).settings).toEqual(DEFAULT_SETTINGS);
  });
});
