/** The wall for people. */
import { describe, type Seen } from './judge.ts';
import type { Result } from './run-wall.ts';
import { CLIENT_DIALECTS, type Run } from './runs.ts';

export function renderRun({ scenario, client, provider, fallback, streamed }: Run, seen: Seen): string {
  const way = `${client} → ${provider}${fallback === undefined ? '' : `, ${fallback}`}`;
  const ms = `${(seen.ms / 1_000).toFixed(1)} s`;
  return [
    scenario.title.padEnd(40),
    way.padEnd(56),
    (streamed ? 'streamed' : 'whole').padEnd(9),
    `${seen.upstream} sent`.padEnd(7),
    ms.padStart(6),
    describe(seen),
  ].join('  ');
}

export function renderSummary(results: readonly Result[], seconds: number): string {
  const failed = results.filter(({ problems }) => problems.length > 0);
  const lies = results.filter(({ saw }) => saw === 'lie');
  const width = 18;
  const lines = [...Map.groupBy(results, ({ title }) => title)].map(([title, own]) => {
    const cells = CLIENT_DIALECTS.map((dialect) => {
      const mine = own.filter(({ client }) => client === dialect);
      if (mine.length === 0) return '–'.padEnd(width);
      return `${mine.filter(({ problems }) => problems.length === 0).length}/${mine.length}`.padEnd(width);
    });
    const attempts = Math.max(...own.map((result) => result.attempts));
    const longest = (Math.max(...own.map(({ ms }) => ms)) / 1_000).toFixed(1);
    return `${title.padEnd(40)}${cells.join('')}${sightsOf(own).padEnd(44)}${attempts} attempts, ${longest} s at most`;
  });
  const details = failed.map(
    ({ title, client, targets, streamed, problems }) =>
      `${title}, ${client} → ${targets}, ${streamed ? 'streamed' : 'whole'}:\n    ${problems.join('\n    ')}`,
  );
  return [
    '',
    `${''.padEnd(40)}${CLIENT_DIALECTS.map((name) => name.padEnd(width)).join('')}what clients saw`,
    ...lines,
    '',
    ...(details.length === 0 ? [] : [...details, '']),
    `Score: ${results.length - failed.length} of ${results.length}, in ${seconds.toFixed(0)} s. Broken answers that looked finished: ${lies.length}.`,
  ].join('\n');
}

/** `answer 6, broken 2`. */
function sightsOf(results: readonly Result[]): string {
  return [...Map.groupBy(results, ({ saw }) => saw)].map(([saw, all]) => `${saw} ${all.length}`).join(', ');
}
