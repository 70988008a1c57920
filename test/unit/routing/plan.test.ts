import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../../functions/core/config.ts';
import { parseConfig } from '../../../functions/core/config.ts';
import type { FactBook } from '../../../functions/core/model-facts.ts';
import type { UpstreamTarget } from '../../../functions/core/ports.ts';
import { NO_NEED, type RequestNeed } from '../../../functions/routing/capabilities.ts';
import { DEFAULT_SETTINGS, type Plan, plan } from '../../../functions/routing/plan.ts';
import { refusePlan } from '../../../functions/routing/refuse-plan.ts';
import { targetName } from '../../../functions/routing/target-name.ts';

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

  it('gives an alias that the key does not name to those of its targets that the key does', () => {
    const limited = { keyId: 'key_2', models: ['b/m2'] };
    const result = plan({ config: weighted, model: 'smart', caller: limited, draw: 0, nowMs: 0 });
    expect(result.targets.map(targetName)).toEqual(['b/m2']);
    expect(new Set(result.skipped.map(({ reason }) => reason))).toEqual(new Set(['not-allowed']));
  });

  it('passes over who is cooling until the time has come, who is unable, and whose window is too small', () => {
    const facts: FactBook = {
      find: ({ model }) => ({
        contextTokens: model === 'm1' ? 1_000 : 2_000,
        abilities: { tools: model === 'm2' ? false : undefined },
      }),
    };
    const reasons = (need: Partial<RequestNeed>, nowMs = 0) =>
      plan({
        config: weighted,
        model: 'smart',
        caller,
        draw: 0,
        nowMs,
        facts,
        need: { ...NO_NEED, ...need },
        cooling: new Map([['c/m3#0', 500]]),
      }).skipped.map(({ target, reason, untilMs }) => [targetName(target), reason, untilMs]);
    expect(reasons({})).toEqual([['c/m3#0', 'cooling', 500]]);
    expect(reasons({}, 500)).toEqual([]);
    expect(reasons({ leastInputTokens: 600, maxOutputTokens: 400 }, 500)).toEqual([]);
    expect(reasons({ leastInputTokens: 601, maxOutputTokens: 400 }, 500)).toEqual([['a/m1', 'window', undefined]]);
    expect(reasons({ abilities: ['images', 'tools'] }, 500)).toEqual([['b/m2', 'capability', undefined]]);
  });

  it('passes over who has no key, and says so where nobody else is left, unless the others come back by themselves', () => {
    const input = { config: weighted, model: 'smart', caller, draw: 0, nowMs: 0 };
    const without = (...providers: readonly string[]) => ({
      has: ({ provider }: { readonly provider: string }) => providers.includes(provider),
    });
    const some = plan({ ...input, keyless: without('a') });
    expect(some.skipped.map(({ target, reason }) => [targetName(target), reason])).toEqual([['a/m1', 'no-key']]);
    expect(some.targets.map(({ provider }) => provider)).not.toContain('a');

    const none = plan({ ...input, keyless: without('a', 'b', 'c') });
    expect(none.targets).toEqual([]);
    expect(refusePlan('smart', none.skipped, 0)).toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('a/m1'),
    });
    const cooling = new Map([['b/m2', 500]]);
    const mixed = plan({ ...input, keyless: without('a', 'c'), cooling });
    expect(refusePlan('smart', mixed.skipped, 0)).toMatchObject({ kind: 'no-target', retryAfterMs: 500 });
    const [target] = mixed.considered;
    if (target === undefined) throw new Error('There is no target.');
    const full = [...mixed.skipped, { target, reason: 'capacity', untilMs: 200 } as const];
    expect(refusePlan('smart', full, 0)).toMatchObject({ kind: 'no-target', retryAfterMs: 200 });
  });

  it("takes an arm's targets instead, and leaves equals to whoever arranges them", () => {
    const input = { config: weighted, model: 'smart', caller, draw: 0, nowMs: 0 };
    const arm = plan({ ...input, instead: { targets: [{ provider: 'b', model: 'm9' }] } });
    expect(arm.targets.map(targetName)).toEqual(['b/m9', 'c/m3#0', 'c/m3#1']);
    const reversed = plan({ ...input, arrange: (all) => all.map(({ target }) => target).reverse() });
    expect(reversed.targets.map(targetName)).toEqual(['b/m2', 'a/m1', 'c/m3#1', 'c/m3#0']);
  });
});

describe('whatever is configured and known', () => {
  const entry = fc.record({
    provider: fc.constantFrom('a', 'b', 'c'),
    model: fc.constantFrom('m1', 'm2', 'm3'),
    weight: fc.constantFrom(0, 1, 5),
  });
  const input = fc.record({
    targets: fc.array(entry, { minLength: 1, maxLength: 4 }),
    fallbacks: fc.array(entry, { maxLength: 3 }),
    draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    nowMs: fc.integer({ min: 0, max: 100 }),
    cooling: fc.dictionary(
      fc.constantFrom('a/m1', 'a/m2', 'b/m1', 'c/m1#0', 'c/m1#1', 'c/m3#1'),
      fc.integer({ min: 0, max: 100 }),
    ),
    windows: fc.dictionary(fc.constantFrom('m1', 'm2', 'm3'), fc.integer({ min: 0, max: 100 })),
    leastInputTokens: fc.integer({ min: 0, max: 100 }),
    models: fc.option(fc.subarray(['smart', 'a/m1', 'b/m2', 'c/m3']), { nil: undefined }),
  });

  it('every target is tried or has its reason, in the order that it has without any reasons', () => {
    fc.assert(
      fc.property(input, ({ targets, fallbacks, draw, nowMs, cooling, windows, leastInputTokens, models }) => {
        const entry = { ...weighted.models.smart, targets, fallbacks } as ModelConfig;
        const config = { ...weighted, models: { smart: entry } };
        const base = { config, model: 'smart', draw, nowMs };
        const all = plan({ ...base, caller }).targets.map(targetName);
        let result: Plan;
        try {
          result = plan({
            ...base,
            caller: { keyId: 'key_1', ...(models === undefined ? {} : { models }) },
            cooling: new Map(Object.entries(cooling)),
            facts: { find: ({ model }) => ({ contextTokens: windows[model], abilities: {} }) },
            need: { ...NO_NEED, leastInputTokens },
          });
        } catch (error) {
          expect(error).toMatchObject({ kind: 'forbidden' });
          return;
        }
        const names = (list: readonly UpstreamTarget[]) => list.map(targetName);
        expect(names(result.considered)).toEqual(all);
        const left = new Set(result.targets);
        const out = new Map(result.skipped.map((skipped) => [skipped.target, skipped]));
        expect(left.size + out.size).toBe(all.length);
        expect(result.considered.every((target) => left.has(target) !== out.has(target))).toBe(true);
        expect(result.targets).toEqual(result.considered.filter((target) => left.has(target)));
        if (result.targets.length === 0 && all.length > 0) {
          const { kind, retryAfterMs } = refusePlan('smart', result.skipped, nowMs);
          expect(kind === 'no-target').toBe([...out.values()].some(({ reason }) => reason === 'cooling'));
          if (kind === 'no-target') expect(retryAfterMs).toBeGreaterThan(0);
        }
      }),
    );
  });
});
