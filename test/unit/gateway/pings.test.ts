import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PING, withPings } from '../../../functions/gateway/pings.ts';

async function* script(...steps: readonly (number | string | Error)[]): AsyncGenerator<string> {
  for (const step of steps) {
    if (typeof step === 'number') await sleep(step);
    else if (step instanceof Error) throw step;
    else yield step;
  }
}

async function collect(source: AsyncGenerator<string>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of source) pieces.push(piece);
  return pieces;
}

describe('withPings', () => {
  it('fills silence, before the first piece too, and nothing else', async () => {
    const pieces = await collect(withPings(script(130, 'a', 'b', 130, 'c'), 50, PING, () => {}));
    expect(pieces.filter((piece) => piece !== PING)).toEqual(['a', 'b', 'c']);
    expect(pieces.indexOf('a')).toBeGreaterThanOrEqual(1);
    expect(pieces.slice(pieces.indexOf('b') + 1, -1).every((piece) => piece === PING)).toBe(true);
    expect(pieces.length).toBeGreaterThan(4);
  });

  it('lets errors through after a ping', async () => {
    await expect(collect(withPings(script(80, new Error('broken')), 20, PING, () => {}))).rejects.toThrow('broken');
  });

  it('stops what it waits for when its reader leaves', async () => {
    const stopped = Promise.withResolvers<void>();
    async function* silent(): AsyncGenerator<string> {
      await stopped.promise;
      yield 'never read';
    }
    const pinging = withPings(silent(), 10, PING, () => stopped.resolve());
    expect((await pinging.next()).value).toBe(PING);
    await pinging.return(undefined);
    expect((await pinging.next()).done).toBe(true);
  });
});
