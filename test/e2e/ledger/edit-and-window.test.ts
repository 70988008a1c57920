/** Edits of limits under load, and ten minutes of bursts where windows meet, on one clock that the test moves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../functions/core/ports.ts';
import { ask, type Bench, isAdmitted, MINUTE, NOON, startBench } from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

describe('a limit that is edited in its item while 50 requests a second come', () => {
  it('holds for the very next one, up and down, in every process', { timeout: 60_000 }, async () => {
    const scope = 'team:edited';
    await bench.limit(scope, { limit_parallel: 1_000, limit_rpm: 100_000 });
    const ledgers = Array.from({ length: 3 }, () => bench.ledger());
    let limit = 100_000;
    let edits = 0;
    let violations = 0;
    const started = Date.now();
    const isLetIn = async (ledger: Ledger): Promise<boolean> =>
      isAdmitted(await ledger.reserve(ask([scope], { nowMs: NOON + (Date.now() - started) })));
    const one = async (index: number): Promise<void> => {
      const [before, editsBefore] = [limit, edits];
      const letIn = await isLetIn(ledgers[index % 3] as Ledger);
      // Judged only where no edit fell between its beginning and its end.
      if (edits === editsBefore && letIn !== before > 0) violations += 1;
    };
    const pending: Promise<void>[] = [];
    for (let index = 0; index < 250; index += 1) {
      if (index % 10 === 0) {
        const next = limit === 0 ? 100_000 : 0;
        edits += 1;
        await bench.edit(scope, { limit_rpm: { N: String(next) } });
        limit = next;
        edits += 1;
        // However slow the others are: this one begins after the edit, and ends before the next.
        expect(await Promise.all(ledgers.map(isLetIn)), `edit ${index / 10}`).toEqual(ledgers.map(() => next > 0));
      }
      pending.push(one(index));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await Promise.all(pending);
    expect(violations).toBe(0);
  });
});

describe('ten minutes of bursts at the edges of minutes', () => {
  it.each([
    ['requests', { limit_rpm: 20 }, 1],
    ['tokens', { limit_tpm: 2_000 }, 100],
  ])(
    'admit in no 60 seconds more than 1.05 times the limit, of %s',
    { timeout: 120_000 },
    async (_, limits, tokens) => {
      const scope = `team:window-${tokens}`;
      await bench.limit(scope, limits);
      const ledgers = [bench.ledger(), bench.ledger()];
      const admittedAt: number[] = [];
      for (let minute = 0; minute < 10; minute += 1) {
        for (const offset of [-2_000, -1_001, -999, -1, 0, 1, 999, 2_500, 20_000, 31_000]) {
          const nowMs = NOON + minute * MINUTE + MINUTE + offset;
          for (let index = 0; index < 24; index += 1) {
            const result = await ledgers[index % 2]?.reserve(ask([scope], { nowMs, tokens }));
            if (result === undefined || !isAdmitted(result)) break;
            admittedAt.push(nowMs);
          }
        }
      }
      const mostInAnySpan = Math.max(
        ...admittedAt.map((from) => admittedAt.filter((at) => at >= from && at < from + MINUTE).length),
      );
      expect(mostInAnySpan).toBeLessThanOrEqual(20 * 1.05);
      expect(mostInAnySpan).toBeGreaterThanOrEqual(19);
      // And what fits is let in. A slot is remembered for up to 63 s, and the next burst may be a while after that.
      expect(admittedAt.length).toBeGreaterThanOrEqual(20 * 8);
    },
  );
});
