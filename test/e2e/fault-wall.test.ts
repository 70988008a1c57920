/**
 * The fault wall in short: every scenario for every client, streamed and whole, each at one choice of targets. `npm run
 * faults` plays all of them, and shows what clients saw.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ATTEMPTS } from '../support/fault-wall/config.ts';
import { type Result, runWall } from '../support/fault-wall/run-wall.ts';
import { FLAPPING, SCENARIOS } from '../support/fault-wall/scenarios.ts';

let results: readonly Result[];
beforeAll(async () => {
  // The gateway says of every failure that it was one.
  vi.spyOn(console, 'log').mockImplementation(() => {});
  const played = await runWall({ short: true, parallel: 12 });
  // Time-outs are a twentieth of what they tell: a machine that does more can be slower than they are. What went wrong is
  // played again alone, and then it counts; a lie counts at once.
  const doubtful = [...new Set(played.filter(isDoubtful).map(({ scenario }) => scenario))];
  const again = doubtful.length === 0 ? [] : await runWall({ short: true, parallel: 2, only: doubtful });
  results = [...played.filter((result) => !isDoubtful(result)), ...again];
});
afterAll(() => vi.restoreAllMocks());

const isDoubtful = ({ problems, saw }: Result): boolean => problems.length > 0 && saw !== 'lie';

const tell = ({ client, targets, streamed, problems }: Result): string =>
  `${client} → ${targets}, ${streamed ? 'streamed' : 'whole'}: ${problems.join('; ')}`;

it.each([...SCENARIOS.map(({ id, title }) => [title, id]), [FLAPPING.title, FLAPPING.id]])('%s', (_title, id) => {
  const played = results.filter(({ scenario }) => scenario === id);
  expect(played.length).toBeGreaterThan(0);
  expect(played.filter(({ problems }) => problems.length > 0).map(tell)).toEqual([]);
});

it('not one broken answer looks finished, and no request is sent more often than it may be', () => {
  expect(results.filter(({ saw }) => saw === 'lie').map(tell)).toEqual([]);
  expect(Math.max(...results.map(({ attempts }) => attempts))).toBe(ATTEMPTS);
});
