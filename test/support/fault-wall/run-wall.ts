/** Plays a selection of the wall and judges it. */
import type { ClientDialect } from '../../../functions/core/chat.ts';
import { ATTEMPTS, flappingAlias } from './config.ts';
import { describe, judge, type LogRow, type Seen, type Verdict } from './judge.ts';
import { flappingClients, type Run, type Selection, selectRuns } from './runs.ts';
import { FLAPPING } from './scenarios.ts';
import { startWall, type Wall } from './wall.ts';

export interface Result {
  readonly scenario: string;
  readonly title: string;
  readonly client: ClientDialect;
  /** `openai-chat, then gemini`. */
  readonly targets: string;
  readonly streamed: boolean;
  readonly saw: Verdict['sight'];
  /** In the SDK's words. */
  readonly said: string;
  readonly attempts: number;
  readonly ms: number;
  readonly problems: readonly string[];
}

export interface WallRun extends Selection {
  /** So many runs at once. */
  readonly parallel: number;
  /** A client has its answer. */
  onPlayed?(run: Run, seen: Seen): void;
}

export async function runWall(options: WallRun): Promise<readonly Result[]> {
  const runs = selectRuns(options);
  const flapping = flappingClients(options);
  const wall = await startWall({ runs, flapping, real: options.real ?? false });
  try {
    // The first request of each client loads what it needs: that is no time of a provider's.
    const seen = new Map<Run, Seen>();
    const play = async (run: Run): Promise<void> => {
      const result = await wall.play(run);
      seen.set(run, result);
      options.onPlayed?.(run, result);
    };
    // Alone, for what they hold in memory.
    const isLarge = (run: Run): boolean => run.scenario.chars !== undefined;
    await inParallel(
      runs.filter((run) => !isLarge(run)),
      options.parallel,
      play,
    );
    await inParallel(runs.filter(isLarge), 1, play);
    const flapped = await Promise.all(flapping.map(async (client) => ({ client, seen: await flap(wall, client) })));
    await wall.readLog(runs.length + flapped.reduce((sum, each) => sum + each.seen.length, 0));
    return [
      ...[...seen].map(([run, result]) => toResult(run, result, wall)),
      ...flapped.map(({ client, seen: all }) => judgeFlapping(client, all, wall.rows(flappingAlias(client)))),
    ];
  } finally {
    await wall.close();
  }
}

function toResult(run: Run, seen: Seen, wall: Wall): Result {
  const row = wall.rows(run.id)[0];
  const { sight, problems } = judge(run, seen, row, wall.times);
  const { scenario, client, streamed } = run;
  return {
    scenario: scenario.id,
    title: scenario.title,
    client,
    targets: [run.provider, run.fallback].filter((name) => name !== undefined).join(', then '),
    streamed,
    saw: sight,
    said: describe(seen),
    attempts: row?.attempt_count ?? 0,
    ms: Math.round(seen.ms),
    problems,
  };
}

/** Streamed and whole in turn, as fast as they are answered. */
async function flap(wall: Wall, client: ClientDialect): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const endsAt = performance.now() + wall.times.scaled(FLAPPING.lastsMs);
  while (performance.now() < endsAt) {
    const number = seen.length;
    seen.push(await wall.ask(client, flappingAlias(client), `Hello [${client} ${number}.]`, number % 2 === 0));
  }
  return seen;
}

function judgeFlapping(client: ClientDialect, seen: readonly Seen[], rows: readonly LogRow[]): Result {
  const unanswered = seen.filter(({ outcome }) => 'thrown' in outcome || outcome.finish !== 'stop');
  const attempts = Math.max(0, ...rows.map(({ attempt_count }) => attempt_count));
  const most = Math.max(attempts, ...seen.map(({ upstream }) => upstream));
  const problems = [
    ...unanswered.slice(0, 3).map((each) => `unanswered: ${describe(each)}`),
    ...(most > ATTEMPTS ? [`${most} attempts`] : []),
    ...(rows.length === seen.length && rows.every(({ outcome }) => outcome === 'ok')
      ? []
      : ['a row is missing or not ok']),
  ];
  return {
    scenario: FLAPPING.id,
    title: FLAPPING.title,
    client,
    targets: `${client}, then bedrock-converse`,
    streamed: true,
    saw: unanswered.length === 0 ? 'answer' : 'error',
    said: `${seen.length} requests, ${unanswered.length} unanswered`,
    attempts: most,
    ms: Math.round(Math.max(0, ...seen.map(({ ms }) => ms))),
    problems,
  };
}

async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
