import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame } from '../../../functions/core/codec.ts';
import type { GatewayError } from '../../../functions/core/errors.ts';
import { LIFE_SIGNS, withPatience } from '../../../functions/gateway/patience.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const IDLE_MS = 1_000;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Reads frames that come every `everyMs`, of which each is news or not; `reader` is how long the reader takes for one. */
async function read(news: readonly boolean[], everyMs: number, readerMs = 0, hasBegun = true) {
  let progress = 0;
  let fail: (error: GatewayError) => void = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    fail = reject;
  });
  givenUp.catch(() => {});
  async function* frames(): AsyncGenerator<Frame> {
    for (const [index] of news.entries()) {
      await Promise.race([sleep(everyMs), givenUp]);
      yield { data: String(index), raw: '' };
    }
  }
  const seen: string[] = [];
  const reading = (async () => {
    for await (const frame of withPatience(frames(), {
      provider: 'test',
      idleMs: IDLE_MS,
      progress: () => progress,
      hasBegun: () => hasBegun,
      now: Date.now,
      giveUp: (error) => fail(error),
    })) {
      seen.push(frame.data);
      if (news[Number(frame.data)] === true) progress += 1;
      if (readerMs > 0) await sleep(readerMs);
    }
    return 'ended' as const;
  })().catch((error: GatewayError) => error.kind);
  await vi.advanceTimersByTimeAsync(1_000_000);
  return { end: await reading, seen: seen.length };
}

describe('the patience with a stream', () => {
  it('ends where there are signs of life for ever, and no news', async () => {
    const { end, seen } = await read([true, ...Array<boolean>(1_000).fill(false)], 500);
    expect(end).toBe('upstream-timeout');
    // The first, and then for four times `idleMs`, give or take the interval at which it is looked at.
    expect(seen).toBeGreaterThanOrEqual(1 + (LIFE_SIGNS * IDLE_MS) / 500);
    expect(seen).toBeLessThanOrEqual(1 + ((LIFE_SIGNS + 1) * IDLE_MS) / 500);
  });

  it('lasts as long as there are news now and then', async () => {
    const news = Array.from({ length: 1_000 }, (_, index) => index % 7 === 0);
    expect(await read(news, 500)).toEqual({ end: 'ended', seen: 1_000 });
  });

  it('is that with a first token before there is one', async () => {
    expect(await read(Array<boolean>(100).fill(false), 500, 0, false)).toEqual({ end: 'ended', seen: 100 });
  });

  it('does not count the time that the reader takes', async () => {
    expect(await read(Array<boolean>(20).fill(false), 10, 5_000)).toEqual({ end: 'ended', seen: 20 });
  });
});
