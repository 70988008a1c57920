/** What routing costs while all is well: the order of targets, their health, their load and affinity, and the readiness to try again. */
import type { ChatRequest } from '../functions/core/chat.ts';
import { parseConfig } from '../functions/core/config.ts';
import { UNKNOWN } from '../functions/core/target-health.ts';
import { createLoadBoard } from '../functions/gateway/load-board.ts';
import { createHealthBoard } from '../functions/gateway/target-health.ts';
import { arrangeByConversation } from '../functions/routing/affinity.ts';
import { NO_NEED } from '../functions/routing/capabilities.ts';
import { conversationOf } from '../functions/routing/conversation.ts';
import { plan } from '../functions/routing/plan.ts';
import { formatRoute } from '../functions/routing/route.ts';
import { targetName } from '../functions/routing/target-name.ts';
import type { BenchContext, BenchReport, Ratio, Table } from './support/bench.ts';
import { type Comparison, compare } from './support/compare.ts';
import { COST_COLUMNS, countCosts } from './support/count-costs.ts';
import { startBenchStack } from './support/gateway.ts';
import { createLoadTarget } from './support/load.ts';
import { median, spread } from './support/statistics.ts';

export const about = 'what retries, plan, breaker and affinity add while all is well';

const MODEL = 'bench@fast+tokens-50';
const QUESTION = [{ role: 'user', content: 'What does it cost to cross the bridge with two wagons?' }];
const TARGETS = [1, 3, 10, 30] as const;
const MICRO_ROUNDS = 15;
const MICRO_MS = 30;
const COUNTED_REQUESTS = 200;

export async function run(context: BenchContext): Promise<BenchReport> {
  const steps: (Steps & { readonly targets: number })[] = [];
  for (const targets of TARGETS) {
    context.progress(`routing among ${targets} targets`);
    steps.push({ targets, ...(await measureSteps(targets)) });
  }
  context.progress('starting the upstream and the local stack');
  const stack = await startBenchStack(context, { bare: MODEL }, fullConfig);
  const key = await stack.createKey({ team: 'overhead' });
  const through = (model: string, stream: boolean) => {
    const body = { model, stream, max_completion_tokens: 1_000, messages: QUESTION };
    const made = createLoadTarget({
      url: `${stack.url}/v1/chat/completions`,
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
      expect: stream ? '[DONE]' : '"usage"',
    });
    context.defer(() => made.close());
    return made;
  };
  const compared: { readonly label: string; readonly result: Comparison }[] = [];
  for (const stream of [true, false]) {
    for (const concurrency of [1, 16]) {
      const label = `${stream ? 'streamed' : 'whole'}, ${concurrency} at once`;
      context.progress(label);
      const load = { concurrency, maxRequests: concurrency === 1 ? 60 : 240, maxMs: 800 };
      const options = { ...load, rounds: 9, warmUp: { ...load, maxMs: 1_500 } };
      compared.push({ label, result: await compare(through('bare', stream), through('full', stream), options) });
    }
  }
  const costs: Table['rows'][number][] = [];
  for (const model of ['bare', 'full']) {
    context.progress(`counting calls: ${model}`);
    costs.push([model, ...(await countCosts(stack, through(model, true), COUNTED_REQUESTS))]);
  }
  const sides = { measured: 'full', base: 'bare' };
  return {
    groups: [
      {
        title: 'time to first byte',
        better: 'lower',
        sides,
        ratios: compared.map(({ label, result }) => toRatio(label, result.firstByteMs, 'ms')),
      },
      {
        title: 'requests a second',
        better: 'higher',
        sides,
        ratios: compared.map(({ label, result }) => toRatio(label, result.perSecond, '/s')),
      },
      {
        title: 'CPU of the choice of a target',
        better: 'lower',
        sides: { measured: 'with health, load and affinity', base: 'the plan alone' },
        ratios: steps.map(({ targets, whole, planned }) => ({
          label: `${targets} ${targets === 1 ? 'target' : 'targets'}`,
          ...spread(whole.map((us, round) => us / (planned[round] ?? us))),
          direct: median(planned),
          gateway: median(whole),
          unit: 'µs',
        })),
      },
    ],
    tables: [
      {
        title: 'CPU of routing a request, in µs (medians)',
        columns: ['replicas', 'plan', 'and health', 'and load and affinity', 'x-tollgate-route'],
        rows: steps.map(({ targets, planned, healthy, whole, route }) => [
          String(targets),
          ...[planned, healthy, whole, route].map((times) => median(times).toFixed(1)),
        ]),
      },
      {
        title: 'CPU of finding out which conversation it is, in µs (medians)',
        columns: ['request', ''],
        rows: [1, 10, 100, 1_000].map((kilobytes) => {
          context.progress(`a request of ${kilobytes} kB`);
          const request = requestOf(kilobytes * 1_000);
          return [
            `${kilobytes} kB`,
            median(time(() => conversationOf(request, { keyId: 'k', headers: {} }))).toFixed(1),
          ];
        }),
      },
      { title: `per request, over ${COUNTED_REQUESTS} of them`, columns: ['', ...COST_COLUMNS], rows: costs },
    ],
    notes: [
      'bare: one target, attempts: 1. full: three replicas with affinity and metricsPath, three fallbacks, attempts: 5, a stream that is held back for up to 2 s or 1 token. Both through the same process, in turns; nothing ever fails, and nothing is cooling.',
      'The emulators run in the gateway’s process. Health is read once every 0.75 s and load once every 5 s, for all requests together, in both cases beside them.',
      'An answer of 50 tokens without any delay: the ratios are the worst there can be.',
    ],
  };
}

/** The same upstream under three spellings of its address: to the gateway these are three servers. */
function fullConfig(upstreamUrl: string) {
  const baseUrls = ['127.0.0.1', '127.1', '2130706433'].map(
    (host) => `${upstreamUrl.replace('127.0.0.1', host)}/openai/v1`,
  );
  const fallbacks = ['one', 'two', 'three'].map((name) => ({ provider: 'openai', model: `${MODEL}-${name}` }));
  return {
    providers: { replicas: { dialect: 'openai-chat', baseUrls, secret: 'openai', metricsPath: '/metrics' } },
    models: {
      bare: { targets: [{ provider: 'openai', model: MODEL }], attempts: 1 },
      full: {
        targets: [{ provider: 'replicas', model: MODEL }],
        fallbacks,
        attempts: 5,
        rescue: 'hold',
        hold: { ms: 2_000, tokens: 1 },
      },
    },
  };
}

interface Steps {
  readonly planned: readonly number[];
  readonly healthy: readonly number[];
  readonly whole: readonly number[];
  readonly route: readonly number[];
}

/** Round by round in turns, so that what else the machine does falls on all. */
async function measureSteps(targets: number): Promise<Steps> {
  const baseUrls = Array.from({ length: targets }, (_, index) => `http://10.0.0.${index}:8000/v1`);
  const parsed = parseConfig({ providers: { vllm: { dialect: 'openai-chat', baseUrls, affinity: 'prefix' } } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const clock = { now: () => 1_000_000 };
  const report = (): void => undefined;
  const health = createHealthBoard({
    store: { read: async () => new Map(), replace: async () => ({ ...UNKNOWN, written: true }) },
    clock,
    report,
    wait: async () => undefined,
  });
  const loads = createLoadBoard({
    store: { read: async () => new Map(), write: async () => undefined },
    clock,
    report,
  });
  const request = requestOf(4_000);
  const input = {
    config: parsed.config,
    model: 'vllm/llama',
    caller: { keyId: 'k' },
    draw: 0.4,
    nowMs: clock.now(),
    need: NO_NEED,
  };
  const planned = () => plan(input);
  const healthy = () => {
    const made = plan({ ...input, cooling: health.cooling(clock.now()) });
    void health.refresh(made.considered.map(targetName));
    return made;
  };
  const whole = () => {
    const cooling = health.cooling(clock.now());
    const arrange = arrangeByConversation({
      conversation: () => conversationOf(request, { keyId: 'k', headers: {} }),
      draw: input.draw,
      inFlight: loads.inFlight,
      loadOf: loads.loadOf,
      isOut: (target) => cooling.get(targetName(target)) !== undefined,
    });
    const made = plan({ ...input, cooling, arrange });
    void health.refresh(made.considered.map(targetName));
    void loads.refresh(made.considered);
    const [first] = made.targets;
    if (first !== undefined) loads.takeSeat(first).leave();
    return made;
  };
  const { considered } = whole();
  // Once what they read is there: a request looks into memory.
  await new Promise((resolve) => setImmediate(resolve));
  const route = () => formatRoute({ considered, skipped: [] }, clock.now());
  const works = { planned, healthy, whole, route };
  const times: { [name: string]: number[] } = { planned: [], healthy: [], whole: [], route: [] };
  for (let round = 0; round < MICRO_ROUNDS; round += 1) {
    for (const [name, work] of Object.entries(works)) times[name]?.push(timeOnce(work));
  }
  const { planned: p = [], healthy: h = [], whole: w = [], route: r = [] } = times;
  return { planned: p, healthy: h, whole: w, route: r };
}

function requestOf(characters: number): ChatRequest {
  const say = (role: 'user' | 'assistant', text: string) => ({ role, content: [{ type: 'text' as const, text }] });
  const piece = 'It was agreed on 12 May that the bridge should be repaired before the spring floods. ';
  const text = piece.repeat(Math.ceil(characters / 4 / piece.length)).slice(0, characters / 4);
  return {
    model: 'm',
    stream: true,
    includeUsage: false,
    messages: [
      { role: 'system', content: [{ type: 'text', text }] },
      say('user', text),
      say('assistant', text),
      say('user', text),
    ],
    tools: [],
    stop: [],
    candidates: 1,
    extensions: {},
  };
}

const time = (work: () => unknown): readonly number[] => Array.from({ length: MICRO_ROUNDS }, () => timeOnce(work));

/** µs of CPU a call, over as many as fit the time: others on the machine take time, but none of that. */
function timeOnce(work: () => unknown): number {
  const before = process.cpuUsage();
  const untilMs = performance.now() + MICRO_MS;
  let calls = 0;
  while (performance.now() < untilMs) {
    for (let index = 0; index < 50; index += 1) work();
    calls += 50;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

function toRatio(label: string, { direct, gateway, ratio }: Comparison['perSecond'], unit: Ratio['unit']): Ratio {
  return { label, ...ratio, direct, gateway, unit };
}
