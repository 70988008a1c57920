import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERROR_KINDS, type ErrorKind, GatewayError } from '../../../functions/core/errors.ts';
import { failover } from '../../../functions/routing/failover.ts';

interface Run {
  readonly tried: string[];
  readonly waits: number[];
}

/** `script` says for each target what its attempts end in; the last entry stays. */
async function run(
  script: Record<string, readonly (ErrorKind | 'ok' | GatewayError)[]>,
  options: { attempts?: number; remainingMs?: number; renew?: boolean; refused?: readonly string[] } = {},
): Promise<Run & { readonly result?: string; readonly error?: GatewayError }> {
  const tried: string[] = [];
  const waits: number[] = [];
  const calls = new Map<string, number>();
  try {
    const result = await failover<string, string>({
      targets: Object.keys(script),
      attempts: options.attempts ?? 3,
      attempt: async (target) => {
        tried.push(target);
        const number = calls.get(target) ?? 0;
        calls.set(target, number + 1);
        const steps = script[target] ?? [];
        const step = steps[Math.min(number, steps.length - 1)];
        if (step === 'ok') return target;
        throw step instanceof GatewayError ? step : new GatewayError(step ?? 'internal', `${target} failed`);
      },
      allows: (target) => options.refused?.includes(target) !== true || !tried.includes(target),
      renew: async (_, error) => options.renew === true && error.kind === 'upstream-unauthorized',
      wait: async (milliseconds) => {
        waits.push(milliseconds);
      },
      remainingMs: () => options.remainingMs ?? 60_000,
      random: () => 0.5,
    });
    return { tried, waits, result };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { tried, waits, error };
  }
}

describe('failover', () => {
  it('goes to the next target where the first fails, without waiting', async () => {
    expect(await run({ a: ['upstream-overloaded'], b: ['ok'] })).toMatchObject({
      tried: ['a', 'b'],
      waits: [],
      result: 'b',
    });
  });

  it('tries a lone target again after a jittered wait', async () => {
    expect(await run({ a: ['upstream-error', 'ok'] })).toMatchObject({ tried: ['a', 'a'], waits: [100], result: 'a' });
  });

  it('does not repeat what would fail anywhere', async () => {
    const { tried, error } = await run({ a: ['invalid-request'], b: ['ok'] });
    expect(tried).toEqual(['a']);
    expect(error?.kind).toBe('invalid-request');
  });

  it('skips a target that is unable without spending an attempt, and blames it only if nobody else was asked', async () => {
    expect(await run({ a: ['unsupported-parameter'], b: ['ok'] }, { attempts: 1 })).toMatchObject({ result: 'b' });
    expect((await run({ a: ['misconfigured'], b: ['upstream-throttled'] })).error?.kind).toBe('upstream-throttled');
    expect((await run({ a: ['unsupported-parameter'], b: ['misconfigured'] })).error?.kind).toBe(
      'unsupported-parameter',
    );
  });

  it('tries the same target again at once after its key was rotated, and only once', async () => {
    const rotated = await run({ a: ['upstream-unauthorized', 'ok'] }, { renew: true });
    expect(rotated).toMatchObject({ tried: ['a', 'a'], waits: [], result: 'a' });
    const refused = await run({ a: ['upstream-unauthorized'], b: ['ok'] }, { renew: true, attempts: 5 });
    expect(refused.tried).toEqual(['a', 'a', 'b']);
  });

  it('waits as long as the provider asks, and gives up where that is too long', async () => {
    const soon = new GatewayError('upstream-throttled', 'busy', { retryAfterMs: 2_000 });
    expect(await run({ a: [soon, 'ok'] })).toMatchObject({ waits: [2_000], result: 'a' });
    const late = new GatewayError('upstream-throttled', 'busy', { retryAfterMs: 60_000 });
    expect(await run({ a: [late, 'ok'] })).toMatchObject({ tried: ['a'], waits: [], error: late });
  });

  it('does not wait past the deadline', async () => {
    expect(await run({ a: ['upstream-error', 'ok'] }, { remainingMs: 50 })).toMatchObject({ tried: ['a'], waits: [] });
  });

  it('makes no attempt that is not allowed, and tells what went wrong before', async () => {
    const { tried, error } = await run({ a: ['upstream-error', 'ok'] }, { refused: ['a'] });
    expect([tried, error?.kind]).toEqual([['a'], 'upstream-error']);
  });

  it('never makes more attempts than its budget, whatever fails how', async () => {
    const kinds = Object.keys(ERROR_KINDS) as ErrorKind[];
    const sent = kinds.filter((kind) => kind !== 'unsupported-parameter' && kind !== 'misconfigured');
    const script = fc.array(fc.array(fc.constantFrom(...sent), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(script, fc.integer({ min: 1, max: 6 }), fc.boolean(), async (targets, attempts, renew) => {
        const named = Object.fromEntries(targets.map((steps, index) => [`t${index}`, steps]));
        const { tried, error } = await run(named, { attempts, renew });
        expect(error).toBeInstanceOf(GatewayError);
        expect(tried.length).toBeLessThanOrEqual(attempts);
        expect(tried.length).toBeGreaterThan(0);
      }),
    );
  });
});
