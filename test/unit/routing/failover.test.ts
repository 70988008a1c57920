import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERROR_KINDS, type ErrorKind, GatewayError } from '../../../functions/core/errors.ts';
import { failover } from '../../../functions/routing/failover.ts';

type Step = ErrorKind | 'ok' | 'refusal' | 'refusal, asked twice' | GatewayError;

interface Options {
  readonly attempts?: number;
  readonly remainingMs?: number;
  /** How many keys a target has, for as long as one is refused or throttled. */
  readonly keys?: number;
  /** Targets that may be tried once only. */
  readonly once?: readonly string[];
  /** Targets that may be tried once only, as asking tells. */
  readonly unpaid?: readonly string[];
  /** Targets that `goesOn` lets in. */
  readonly larger?: readonly string[];
}

interface Run {
  readonly tried: string[];
  readonly waits: number[];
  /** Target, kind or `ok`, and whether another key was at hand. */
  readonly settled: (readonly [string, string, boolean])[];
  readonly result?: string;
  readonly error?: GatewayError;
}

const UNSENT: ReadonlySet<string> = new Set(['unsupported-parameter', 'misconfigured']);

/** `script` says for each target what its attempts end in; the last entry stays. Time passes only in waits. */
async function run(script: Readonly<Record<string, readonly Step[]>>, options: Options = {}): Promise<Run> {
  const { attempts = 3, remainingMs = 60_000, keys = 1, once = [], unpaid = [], larger = [] } = options;
  const seen: Run = { tried: [], waits: [], settled: [] };
  const { tried, waits, settled } = seen;
  const refused = new Set<string>();
  let sent = 0;
  const keysLeft = new Map<string, number>();
  try {
    const result = await failover<string, string>({
      targets: Object.keys(script),
      attempts,
      failed: () => sent,
      attempt: async (target) => {
        const steps = script[target] ?? [];
        const step = steps[Math.min(tried.filter((each) => each === target).length, steps.length - 1)] ?? 'internal';
        tried.push(target);
        if (step === 'ok') return target;
        if (step === 'refusal') return `refusal of ${target}`;
        if (!UNSENT.has(String(step)) && !String(step).includes('unsent')) sent += 1;
        if (step === 'refusal, asked twice') return `refusal of ${target}`;
        throw step instanceof GatewayError ? step : new GatewayError(step, `${target} failed`);
      },
      allows: (target) => !refused.has(target) && (!once.includes(target) || !tried.includes(target)),
      secure: async (target) => {
        if (tried.includes(target) && unpaid.includes(target)) refused.add(target);
        return !refused.has(target);
      },
      renew: async (target, { kind }) => {
        if (kind !== 'upstream-unauthorized' && kind !== 'upstream-throttled') return false;
        keysLeft.set(target, (keysLeft.get(target) ?? keys) - 1);
        return (keysLeft.get(target) ?? 0) > 0;
      },
      settled: (target, error, renewed) => settled.push([target, error?.kind ?? 'ok', renewed]),
      goesOn: (_, __, next) => larger.includes(next),
      isRefusal: (answer) => answer.startsWith('refusal'),
      wait: async (milliseconds) => {
        waits.push(milliseconds);
      },
      remainingMs: () => remainingMs - waits.reduce((sum, each) => sum + each, 0),
      random: () => 0.5,
    });
    return { ...seen, result };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { ...seen, error };
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

  it('counts each request of a target that had to be asked twice for its refusal', async () => {
    const script = { a: ['refusal, asked twice'], b: ['refusal, asked twice'], c: ['ok'] } as const;
    expect(await run(script, { attempts: 4 })).toMatchObject({ tried: ['a', 'b'], result: 'refusal of b' });
  });

  it('does not ask a target again that cannot afford the request, and asks another', async () => {
    expect(await run({ a: ['upstream-limit', 'ok'], b: ['ok'] })).toMatchObject({ tried: ['a', 'b'], result: 'b' });
    expect(await run({ a: ['upstream-limit', 'ok'] })).toMatchObject({ tried: ['a'], error: { status: 413 } });
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

  it('tries the same target again at once while it has other keys', async () => {
    const rotated = await run({ a: ['upstream-unauthorized', 'upstream-throttled', 'ok'] }, { keys: 3 });
    expect(rotated).toMatchObject({ tried: ['a', 'a', 'a'], waits: [], result: 'a' });
    const refused = await run({ a: ['upstream-unauthorized'], b: ['ok'] }, { keys: 2, attempts: 5 });
    expect(refused.tried).toEqual(['a', 'a', 'b']);
  });

  it('leaves the last attempt to a target that has had none, however many keys there are', async () => {
    expect((await run({ a: ['upstream-throttled'], b: ['ok'] }, { keys: 9 })).tried).toEqual(['a', 'a', 'b']);
    expect((await run({ a: ['upstream-throttled'] }, { keys: 9 })).tried).toEqual(['a', 'a', 'a']);
  });

  it('tells of every request how it ended, and of nothing that was not sent', async () => {
    const { settled } = await run(
      { a: ['misconfigured'], b: ['upstream-throttled', 'upstream-error'], c: ['ok'] },
      { keys: 2 },
    );
    expect(settled).toEqual([
      ['b', 'upstream-throttled', true],
      ['b', 'upstream-error', false],
      ['c', 'ok', false],
    ]);
  });

  it('waits as long as the provider asks and a jitter more, and gives up where that is too long', async () => {
    const soon = new GatewayError('upstream-throttled', 'busy', { retryAfterMs: 2_000 });
    expect(await run({ a: [soon, 'ok'] })).toMatchObject({ waits: [2_100], result: 'a' });
    const late = new GatewayError('upstream-throttled', 'busy', { retryAfterMs: 60_000 });
    expect(await run({ a: [late, 'ok'] })).toMatchObject({ tried: ['a'], waits: [], error: late });
    const tooLate = new GatewayError('upstream-throttled', 'busy', { retryAfterMs: 60_001 });
    expect(await run({ a: [tooLate, 'ok'] }, { remainingMs: 600_000 })).toMatchObject({ waits: [], error: tooLate });
  });

  it('waits less long for what could not even be sent', async () => {
    const denied = (retryAfterMs: number) => new GatewayError('upstream-throttled', 'unsent', { retryAfterMs });
    expect(await run({ a: [denied(4_000), 'ok'] })).toMatchObject({ waits: [4_100], result: 'a' });
    expect(await run({ a: [denied(5_001), 'ok'] })).toMatchObject({ waits: [], error: { retryAfterMs: 5_001 } });
  });

  it('asks again first who wants to be asked first, and nobody before', async () => {
    const later = new GatewayError('upstream-throttled', 'busy', { retryAfterMs: 9_000 });
    const sooner = new GatewayError('upstream-throttled', 'busy', { retryAfterMs: 1_000 });
    const result = await run({ a: [later, 'ok'], b: [sooner, 'upstream-error', 'ok'] }, { attempts: 4 });
    expect(result).toMatchObject({ tried: ['a', 'b', 'b', 'b'], waits: [1_100, 200], result: 'b' });
  });

  it('asks a target whose wait does not fit no more, and the others again', async () => {
    const late = new GatewayError('upstream-quota', 'empty', { retryAfterMs: 600_000 });
    const result = await run({ a: [late], b: ['upstream-error', 'ok'] });
    expect(result).toMatchObject({ tried: ['a', 'b', 'b'], result: 'b' });
  });

  it('does not wait past the deadline', async () => {
    expect(await run({ a: ['upstream-error', 'ok'] }, { remainingMs: 50 })).toMatchObject({ tried: ['a'], waits: [] });
  });

  it('goes on after what one target sees so only to those that may see it otherwise', async () => {
    const script = { a: ['context-length'], small: ['ok'], large: ['upstream-error', 'ok'] } as const;
    expect(await run(script, { larger: ['large'], attempts: 4 })).toMatchObject({
      tried: ['a', 'large', 'large'],
      result: 'large',
    });
    expect(await run(script)).toMatchObject({ tried: ['a'], error: { kind: 'context-length' } });
    expect(await run(script, { larger: ['large'], attempts: 1 })).toMatchObject({ error: { kind: 'context-length' } });
  });

  it('keeps an answer that another may better, and gives it where none does', async () => {
    const better = await run({ a: ['refusal'], b: ['refusal'], c: ['ok'] });
    expect(better).toMatchObject({ result: 'c' });
    const none = await run({ a: ['refusal'], b: ['upstream-error'], c: ['invalid-request'] });
    expect(none).toMatchObject({ tried: ['a', 'b', 'c'], result: 'refusal of a' });
    expect(await run({ a: ['refusal'], b: ['ok'] }, { attempts: 1 })).toMatchObject({ result: 'refusal of a' });
  });

  it('blames the refusal, and not the target that was asked in vain after it', async () => {
    const result = await run({ a: ['content-refused'], b: ['upstream-error'] }, { larger: ['b'] });
    expect(result).toMatchObject({ tried: ['a', 'b', 'b'], error: { kind: 'content-refused' } });
  });

  it('makes no attempt that is not allowed, and tells what went wrong before', async () => {
    const { tried, error } = await run({ a: ['upstream-error', 'ok'] }, { once: ['a'] });
    expect([tried, error?.kind]).toEqual([['a'], 'upstream-error']);
  });

  it('goes on without a target for which what it needs cannot be had, and waits for none of them', async () => {
    const both = { a: ['upstream-error', 'ok'], b: ['upstream-error', 'ok'] } as const;
    expect(await run(both, { unpaid: ['a'] })).toMatchObject({ tried: ['a', 'b', 'b'], result: 'b' });
    const { tried, waits, error } = await run(both, { unpaid: ['a', 'b'] });
    expect([tried, waits, error?.kind]).toEqual([['a', 'b'], [], 'upstream-error']);
  });

  it('ends where nothing can ever be sent', async () => {
    const { tried, waits, error } = await run({ a: ['unsupported-parameter'], b: ['misconfigured'] }, { attempts: 20 });
    expect([tried, waits, error?.kind]).toEqual([['a', 'b'], [], 'unsupported-parameter']);
  });

  it('never makes more attempts than its budget, whatever fails how', async () => {
    const kinds = Object.keys(ERROR_KINDS) as ErrorKind[];
    const sent = kinds.filter((kind) => kind !== 'unsupported-parameter' && kind !== 'misconfigured');
    const script = fc.array(fc.array(fc.constantFrom(...sent), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(
        script,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 9 }),
        async (targets, attempts, keys) => {
          const named = Object.fromEntries(targets.map((steps, index) => [`t${index}`, steps]));
          const { tried, error } = await run(named, { attempts, keys, larger: Object.keys(named) });
          expect(error).toBeInstanceOf(GatewayError);
          expect(tried.length).toBeLessThanOrEqual(attempts);
          expect(tried.length).toBeGreaterThan(0);
        },
      ),
    );
  });
});
