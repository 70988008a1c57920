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
  results = await runWall({ short: true, parallel: 12 });
});
afterAll(() => vi.restoreAllMocks());

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
