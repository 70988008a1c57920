import { describe, expect, it } from 'vitest';
import { createProviderKeys } from '../../../functions/adapters/provider-keys.ts';
import { type ErrorKind, GatewayError } from '../../../functions/core/errors.ts';
import type { UpstreamTarget } from '../../../functions/core/ports.ts';

const target = (model = 'm'): UpstreamTarget => ({
  provider: 'test',
  config: { dialect: 'openai-chat', secret: 's' },
  baseUrl: '',
  model,
});
const error = (kind: ErrorKind, upstreamStatus: number, retryAfterMs?: number) =>
  new GatewayError(kind, 'no', { upstreamStatus, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const REFUSED = error('upstream-unauthorized', 401);

function setUp(first: readonly string[]) {
  const state = { keys: first, inSecret: first, now: 0, draw: 0, reads: 0 };
  const keys = createProviderKeys({
    clock: { now: () => state.now },
    random: () => state.draw,
    secrets: {
      async providerKeys(_, options) {
        if (options?.refresh === true) {
          state.reads += 1;
          state.keys = state.inSecret;
        }
        return state.keys;
      },
    },
  });
  const choose = async (model?: string, conversation?: string) => {
    const chosen = await keys.choose(target(model), conversation);
    if (chosen === undefined) throw new Error('a provider with a secret has a key');
    return chosen;
  };
  return { state, keys, choose };
}

describe('the keys of a provider', () => {
  it('are none where it has no secret', async () => {
    const { keys } = setUp(['a']);
    expect(await keys.choose({ ...target(), config: { dialect: 'openai-chat' } })).toBeUndefined();
    expect(await keys.failed(target(), undefined, REFUSED)).toEqual({ another: false, takenOut: false });
  });

  it('are drawn', async () => {
    const { state, choose } = setUp(['a', 'b', 'c']);
    const drawn: string[] = [];
    for (state.draw of [0, 0.34, 0.99]) drawn.push((await choose()).key);
    expect(drawn).toEqual(['a', 'b', 'c']);
  });

  it('stay with a conversation: one that rests leaves its own to the others, and gets them back', async () => {
    const { state, keys, choose } = setUp(['a', 'b', 'c']);
    const conversations = Array.from({ length: 60 }, (_, index) => `c${index}`);
    const chosen = () => Promise.all(conversations.map(async (each) => (await choose('m', each)).key));
    const before = await chosen();
    expect(new Set(before)).toEqual(new Set(['a', 'b', 'c']));
    state.draw = 0.9;
    expect(await chosen()).toEqual(before);
    const tired = conversations[before.indexOf('b')] ?? '';
    await keys.failed(target(), (await choose('m', tired)).use, error('upstream-throttled', 429, 1_000));
    const during = await chosen();
    expect(new Set(during)).toEqual(new Set(['a', 'c']));
    expect(during.filter((key, index) => key !== before[index] && before[index] !== 'b')).toEqual([]);
    state.now = 1_001;
    expect(await chosen()).toEqual(before);
  });

  it('show of themselves no more than their place', async () => {
    const { choose } = setUp(['sk-secret']);
    expect(JSON.stringify((await choose()).use)).toBe('{"index":0}');
  });

  it('give way to another where one is throttled, until it is due again', async () => {
    const { state, keys, choose } = setUp(['a', 'b']);
    const first = await choose();
    expect(await keys.failed(target(), first.use, error('upstream-throttled', 429, 5_000))).toEqual({
      another: true,
      takenOut: false,
    });
    expect((await choose()).use).toEqual({ index: 1 });
    expect((await choose('other')).use).toEqual({ index: 0 });
    state.now = 5_000;
    expect((await choose()).use).toEqual({ index: 0 });
    expect(state.reads).toBe(0);
  });

  it('are all away with the earliest time, before anything is sent', async () => {
    const { state, keys, choose } = setUp(['a', 'b']);
    await keys.failed(target(), (await choose()).use, error('upstream-quota', 429));
    const last = await choose();
    const verdict = await keys.failed(target(), last.use, error('upstream-throttled', 429, 4_000));
    expect(verdict).toEqual({ another: false, takenOut: false });
    state.now = 1_000;
    await expect(choose()).rejects.toMatchObject({ kind: 'upstream-throttled', retryAfterMs: 3_000 });
  });

  it('are read again before one is taken out: a rotated one is replaced without an alarm', async () => {
    const { state, keys, choose } = setUp(['old']);
    state.inSecret = ['new'];
    expect(await keys.failed(target(), (await choose()).use, REFUSED)).toEqual({ another: true, takenOut: false });
    expect((await choose()).key).toBe('new');
    expect(await keys.failed(target(), (await choose()).use, REFUSED)).toEqual({ another: false, takenOut: true });
    expect(state.reads).toBe(2);
  });

  it('come back as soon as the operator has put in another', async () => {
    const { state, keys, choose } = setUp(['bad']);
    await keys.failed(target(), (await choose()).use, REFUSED);
    await expect(choose()).rejects.toMatchObject({ kind: 'upstream-unauthorized' });
    state.inSecret = ['good'];
    expect((await choose()).key).toBe('good');
  });

  it('are asked for once each, where all are forbidden the same thing', async () => {
    const { keys, choose } = setUp(['a', 'b']);
    const forbidden = error('upstream-unauthorized', 403);
    expect((await keys.failed(target(), (await choose()).use, forbidden)).another).toBe(true);
    expect((await keys.failed(target(), (await choose()).use, forbidden)).another).toBe(false);
    expect((await choose()).use).toEqual({ index: 0 });
  });
});
