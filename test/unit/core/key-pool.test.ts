import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../../../functions/core/errors.ts';
import { createKeyPool, type KeyFailure } from '../../../functions/core/key-pool.ts';

const KEYS = ['one', 'two', 'three'];

const failure = (kind: ErrorKind, more: Partial<KeyFailure> = {}): KeyFailure => ({
  kind,
  retryAfterMs: undefined,
  status: undefined,
  code: undefined,
  ...more,
});
const throttled = failure('upstream-throttled');
const refused = failure('upstream-unauthorized', { status: 401 });
const forbidden = failure('upstream-unauthorized', { status: 403 });

const usableAt = (pool: ReturnType<typeof createKeyPool>, nowMs: number, model = 'm') => {
  const found = new Set<string | undefined>();
  for (let draw = 0; draw < 1; draw += 0.05) found.add(pool.choose(KEYS, model, nowMs, draw).key);
  return KEYS.filter((key) => found.has(key));
};

describe('a pool of keys', () => {
  it('gives each key the same chance, and its place in the secret', () => {
    const pool = createKeyPool();
    const counts = [0, 0, 0];
    for (let draw = 0; draw < 1; draw += 1 / 300) {
      const choice = pool.choose(KEYS, 'm', 0, draw);
      if (choice.key === undefined) throw new Error('no key');
      expect(KEYS[choice.index]).toBe(choice.key);
      counts[choice.index] = (counts[choice.index] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThanOrEqual(1);
  });

  it.each<[string, KeyFailure, { ownModel: number; otherModel: number }]>([
    [
      'a rate, as long as the provider says, for the model',
      failure('upstream-throttled', { retryAfterMs: 7_000 }),
      { ownModel: 7_000, otherModel: 0 },
    ],
    ['a rate, for a second where it does not say', throttled, { ownModel: 1_000, otherModel: 0 }],
    ['a quota, for the model, for longer', failure('upstream-quota'), { ownModel: 300_000, otherModel: 0 }],
    ['a key, for every model', refused, { ownModel: 300_000, otherModel: 300_000 }],
    [
      'what it said in a year, for an hour',
      failure('upstream-quota', { retryAfterMs: 3e10 }),
      { ownModel: 3_600_000, otherModel: 0 },
    ],
    ['permission, for the model', forbidden, { ownModel: 300_000, otherModel: 0 }],
    [
      'an interface that it was not made for, for the model',
      failure('upstream-unauthorized', { status: 401, code: 'missing_scope' }),
      { ownModel: 300_000, otherModel: 0 },
    ],
    ['nothing that is the key’s', failure('upstream-error'), { ownModel: 0, otherModel: 0 }],
    ['an overload', failure('upstream-overloaded', { retryAfterMs: 9_000 }), { ownModel: 0, otherModel: 0 }],
  ])('lets a key rest that was refused for %s', (_, why, { ownModel, otherModel }) => {
    const pool = createKeyPool();
    pool.failed('two', 'm', why, 1_000);
    for (const [model, restMs] of [
      ['m', ownModel],
      ['other', otherModel],
    ] as const) {
      if (restMs > 0) expect(usableAt(pool, 1_000 + restMs - 1, model)).toEqual(['one', 'three']);
      expect(usableAt(pool, 1_000 + restMs, model)).toEqual(KEYS);
    }
  });

  it('doubles the rest of a key that is refused again and again, and begins anew after it worked', () => {
    const pool = createKeyPool();
    const rests = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    let now = 0;
    for (const rest of rests) {
      pool.failed('two', 'm', throttled, now);
      expect(usableAt(pool, now + rest - 1)).not.toContain('two');
      now += rest;
      expect(usableAt(pool, now)).toContain('two');
    }
    pool.worked('two', 'm', now + 1);
    pool.failed('two', 'm', throttled, now + 2);
    expect(usableAt(pool, now + 1_002)).toContain('two');
  });

  it('takes what failed at the same time for one failure, and never shortens a rest', () => {
    const pool = createKeyPool();
    pool.failed('two', 'm', failure('upstream-throttled', { retryAfterMs: 9_000 }), 0);
    for (let count = 0; count < 50; count += 1) pool.failed('two', 'm', throttled, 10);
    expect(usableAt(pool, 8_999)).not.toContain('two');
    expect(usableAt(pool, 9_000)).toContain('two');
    // An answer to a request that had gone out before is no reason to ask again.
    pool.failed('two', 'm', failure('upstream-throttled', { retryAfterMs: 9_000 }), 10_000);
    pool.worked('two', 'm', 10_001);
    expect(usableAt(pool, 10_002)).not.toContain('two');
  });

  it('says when the first comes back, and why it is away', () => {
    const pool = createKeyPool();
    pool.failed('one', 'm', refused, 0);
    pool.failed('two', 'm', failure('upstream-throttled', { retryAfterMs: 20_000 }), 0);
    pool.failed('three', 'm', failure('upstream-quota', { retryAfterMs: 50_000 }), 0);
    expect(pool.choose(KEYS, 'm', 5_000, 0.5)).toEqual({ key: undefined, kind: 'upstream-throttled', untilMs: 20_000 });
    // A key that is refused twice over comes back when both are over.
    pool.failed('two', 'm', failure('upstream-quota', { retryAfterMs: 60_000 }), 0);
    expect(pool.choose(KEYS, 'm', 5_000, 0.5)).toEqual({ key: undefined, kind: 'upstream-quota', untilMs: 50_000 });
  });

  it('uses keys that were forbidden something after all others, and still', () => {
    const pool = createKeyPool();
    for (const key of KEYS) pool.failed(key, 'm', forbidden, 0);
    expect(usableAt(pool, 1)).toEqual(KEYS);
    expect(pool.choose(KEYS, 'm', 1, 0)).toMatchObject({ isDoubtful: true });
    pool.failed('one', 'm', failure('upstream-throttled', { retryAfterMs: 60_000 }), 1);
    expect(usableAt(pool, 2)).toEqual(['two', 'three']);
  });

  it('tells once that a key is not accepted', () => {
    const pool = createKeyPool();
    expect(pool.failed('one', 'm', refused, 0)).toBe(true);
    expect(pool.failed('one', 'm', refused, 10)).toBe(false);
    expect(pool.failed('two', 'm', forbidden, 10)).toBe(true);
    expect(pool.failed('two', 'm', forbidden, 20)).toBe(false);
    expect(pool.failed('three', 'm', throttled, 10)).toBe(false);
    // It is asked again after a while: if it is still refused, that is told again.
    expect(pool.failed('one', 'm', refused, 300_010)).toBe(true);
  });

  it('holds a bounded number of rests', () => {
    const pool = createKeyPool();
    pool.failed('two', 'first', failure('upstream-throttled', { retryAfterMs: 60_000 }), 0);
    for (let count = 0; count < 256; count += 1) pool.failed('one', `m${count}`, throttled, 0);
    expect(usableAt(pool, 1, 'first')).toEqual(KEYS);
  });

  it('gives a key or a time that lies ahead, whatever happened', () => {
    const kinds = fc.constantFrom<ErrorKind>(
      'upstream-throttled',
      'upstream-quota',
      'upstream-unauthorized',
      'upstream-error',
    );
    const step = fc.record({
      key: fc.constantFrom(...KEYS),
      model: fc.constantFrom('m', 'n'),
      kind: kinds,
      status: fc.constantFrom(undefined, 401, 403, 429),
      retryAfterMs: fc.option(fc.nat(1e12), { nil: undefined }),
      passes: fc.nat(100_000),
    });
    fc.assert(
      fc.property(fc.array(step), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (steps, draw) => {
        const pool = createKeyPool();
        let now = 0;
        for (const { key, model, kind, status, retryAfterMs, passes } of steps) {
          pool.failed(key, model, { code: undefined, kind, status, retryAfterMs }, now);
          const choice = pool.choose(KEYS, model, now, draw);
          if (choice.key === undefined) expect(choice.untilMs).toBeGreaterThan(now);
          else expect(KEYS[choice.index]).toBe(choice.key);
          now += passes;
        }
        expect(pool.choose(KEYS, 'm', now + 3_600_001, draw).key).toBeDefined();
      }),
    );
  });
});
