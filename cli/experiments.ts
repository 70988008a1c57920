import { type Command, InvalidArgumentError } from 'commander';
import { type Comparison, compareArms, controlOf, isShare, scoreInterval } from './compare-arms.ts';
import type { CliContext } from './context.ts';
import { parseDate } from './cost-options.ts';
import { CliError } from './errors.ts';
import { type Arm, type Percentiles, queryExperiment, type Score } from './experiment-query.ts';
import { openLake } from './open-lake.ts';
import { bar, formatCount, formatTable } from './table.ts';

const DAYS = 30;

export function registerExperiments(program: Command, context: CliContext): void {
  const experiments = program.command('experiments').description('compare the arms of an experiment');

  experiments
    .command('show')
    .argument('<name>', 'as the configuration calls it', parseName)
    .option('--since <date>', `first day, UTC (default: ${DAYS} days ago)`, parseDate)
    .option('--control <arm>', 'the arm that the others are held against (default: "control", or the largest)')
    .description('by arm: requests, errors, latency, cost, tokens and scores, and what follows from them')
    .action(async (name: string, options: { readonly since?: string; readonly control?: string }) => {
      const since = options.since ?? new Date(context.io.now() - DAYS * 86_400_000).toISOString().slice(0, 10);
      const lake = await openLake(context);
      try {
        const arms = await queryExperiment(lake, { name, since });
        const control = controlOf(arms, options.control);
        if (options.control !== undefined && control === undefined) {
          throw new CliError(`No request of ${name} since ${since} went to an arm "${options.control}".`);
        }
        const others = control === undefined ? [] : arms.filter((arm) => arm !== control);
        const comparisons = control === undefined ? [] : others.map((arm) => compareArms(arm, control));
        const report = { name, since, control: control?.arm ?? null, arms: arms.map(toJson), comparisons };
        context.show(report, () => formatReport(report, arms, context.io.columns));
      } finally {
        lake.close();
      }
    });
}

function toJson(arm: Arm) {
  const { cost, costNano, scores, ...others } = arm;
  return {
    ...others,
    costUsd: costNano / 1e9,
    costPerRequestUsd: cost.mean / 1e9,
    scores: scores.map((score) => ({
      label: score.label,
      count: score.count,
      mean: score.mean,
      interval: scoreInterval(score),
      method: isShare(score) ? 'wilson' : 't',
    })),
  };
}

interface Heading {
  readonly name: string;
  readonly since: string;
  readonly comparisons: readonly Comparison[];
}

function formatReport({ name, since, comparisons }: Heading, arms: readonly Arm[], width: number | undefined): string {
  if (arms.length === 0) return `No requests of the experiment ${name} since ${since}, UTC.`;
  const right = { align: 'right' as const };
  const columns = [
    'requests',
    'errors',
    'total p50',
    'p95 ms',
    'first token p50',
    'p95 ms',
    'tokens in',
    'out',
    'cost USD',
  ];
  const table = formatTable(
    [{ title: 'arm' }, ...columns.map((title) => ({ title, ...right }))],
    arms.map((arm) => [
      arm.arm,
      formatCount(arm.requests),
      formatCount(arm.errors),
      ...milliseconds(arm.totalMs),
      ...milliseconds(arm.firstTokenMs),
      formatCount(arm.inputTokens),
      formatCount(arm.outputTokens),
      (arm.costNano / 1e9).toFixed(6),
    ]),
    { width },
  );
  const labels = [...new Set(arms.flatMap(({ scores }) => scores.map(({ label }) => label)))];
  const sections = [
    bars('requests', arms, ({ requests }) => requests, formatCount),
    bars(
      'USD a request',
      arms,
      ({ cost }) => cost.mean / 1e9,
      (value) => value.toFixed(9),
    ),
    bars(
      'median ms',
      arms,
      ({ totalMs }) => totalMs.p50,
      (value) => formatCount(Math.round(value)),
    ),
    ...labels.map((label) => scoreBars(label, arms)),
  ];
  const sentences = comparisons.map(({ sentence }) => sentence);
  const methods = labels.length === 0 ? [] : [METHODS];
  const head = `Experiment ${name} since ${since}, UTC`;
  return [head, '', table, ...sections.flatMap((section) => ['', section]), '', ...sentences, ...methods].join('\n');
}

const METHODS =
  'Intervals hold 95 %: of scores that are 0 or 1 by Wilson and Newcombe, of others by Student and Welch, each request a draw.';

const milliseconds = ({ p50, p95 }: Percentiles): readonly string[] =>
  [p50, p95].map((value) => (value === null ? '–' : formatCount(Math.round(value))));

const BAR_CELLS = 24;

function bars(
  title: string,
  arms: readonly Arm[],
  figureOf: (arm: Arm) => number | null,
  format: (value: number) => string,
): string {
  const values = arms.map((arm) => figureOf(arm));
  const most = Math.max(...values.map((value) => value ?? 0));
  const rows = arms.map(({ arm }, index) => {
    const value = values[index] ?? null;
    return [arm, value === null ? '–' : format(value), bar(most > 0 ? (value ?? 0) / most : 0, BAR_CELLS)];
  });
  return formatTable([{ title }, { title: '', align: 'right' }, { title: '' }], rows);
}

/** Bars from the lowest to the highest end of any interval: scores have no scale of their own. */
function scoreBars(label: string | null, arms: readonly Arm[]): string {
  const found = arms.map(({ arm, scores }) => ({ arm, score: scores.find((score) => score.label === label) }));
  const ends = found.flatMap(({ score }) => {
    if (score === undefined) return [];
    const interval = scoreInterval(score);
    return interval === null ? [score.mean] : [interval.low, interval.high];
  });
  const [low, high] = [Math.min(0, ...ends), Math.max(...ends)];
  const rows = found.map(({ arm, score }) => {
    if (score === undefined) return [arm, '–', '', ''];
    const share = high > low ? (score.mean - low) / (high - low) : 0;
    return [arm, score.mean.toFixed(3), formatInterval(score), bar(share, BAR_CELLS)];
  });
  const title = label === null ? 'score' : `score: ${label}`;
  return formatTable([{ title }, { title: 'mean', align: 'right' }, { title: '95 % (scores)' }, { title: '' }], rows);
}

function formatInterval(score: Score): string {
  const interval = scoreInterval(score);
  const bounds = interval === null ? 'too few' : `${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}`;
  return `${bounds} (${formatCount(score.count)})`;
}

/** It stands in the query as it is. */
function parseName(text: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError('The name of an experiment is wanted: letters, digits, ".", "_" and "-".');
}
