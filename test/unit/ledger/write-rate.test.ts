import { describe, expect, it } from 'vitest';
import { createWriteRate } from '../../../functions/adapters/write-rate.ts';

function rate() {
  const warnings: string[] = [];
  const made = createWriteRate((scope, writes, throttled) => warnings.push(`${scope} ${writes} ${throttled}`), 3);
  const write = (scope: string, nowMs: number, times: number, shard = 0) => {
    for (let index = 0; index < times; index += 1) made.note({ scope, shard }, nowMs);
  };
  return { ...made, write, warnings };
}

describe('the writes of a meter', () => {
  it('are many from 250 a second on, which is told once a minute', () => {
    const { write, warnings } = rate();
    for (let second = 0; second < 5; second += 1) write('team:a', second * 1_000, 249);
    expect(warnings).toEqual([]);
    write('team:a', 5_000, 600);
    write('team:a', 6_000, 600);
    expect(warnings).toEqual(['team:a 250 false']);
    write('team:a', 65_000, 600);
    expect(warnings).toHaveLength(2);
  });

  it('are too many at the first that is throttled', () => {
    const { note, warnings } = rate();
    note({ scope: 'org', shard: 0 }, 0, true);
    note({ scope: 'org', shard: 0 }, 10, true);
    expect(warnings).toEqual(['org 1 true']);
  });

  it('are those of one item: spread over enough shards they are not many', () => {
    const { write, warnings } = rate();
    for (const shard of [0, 1, 2]) write('org', 0, 249, shard);
    expect(warnings).toEqual([]);
    write('org', 0, 1, 2);
    expect(warnings).toEqual(['org 250 false']);
  });

  it('are remembered of so many items and no more', () => {
    const { write, warnings } = rate();
    write('a', 0, 249);
    for (const other of ['b', 'c', 'd']) write(other, 0, 1);
    write('a', 0, 1);
    expect(warnings).toEqual([]);
  });
});
