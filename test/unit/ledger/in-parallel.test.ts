import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inParallel } from '../../../functions/adapters/in-parallel.ts';

describe('work in parallel', () => {
  it('is so much at once and no more, with its results in order', async () => {
    let running = 0;
    let most = 0;
    const results = await inParallel([5, 1, 4, 0, 3, 2], 3, async (turns) => {
      running += 1;
      most = Math.max(most, running);
      for (let index = 0; index < turns; index += 1) await turn();
      running -= 1;
      return turns * 10;
    });
    expect(results).toEqual([50, 10, 40, 0, 30, 20]);
    expect(most).toBe(3);
  });

  it('that fails begins nothing more, and ends what is under way before it says so', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      if (item === 1) throw new Error('One is too many.');
      for (let index = 0; index < 5; index += 1) await turn();
      ended.push(item);
    };
    await expect(inParallel([0, 1, 2, 3, 4], 2, work)).rejects.toThrow('One is too many.');
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([0]);
  });

  it('of nothing is nothing', async () => {
    expect(await inParallel([], 4, async () => 1)).toEqual([]);
  });
});
