import type { BenchContext, BenchReport, Ratio, Table } from './support/bench.ts';
import { type CompareOptions, type Comparison, compare, type Sides } from './support/compare.ts';
import { COST_COLUMNS, countCosts } from './support/count-costs.ts';
import { type BenchStack, startBenchStack } from './support/gateway.ts';
import { createLoadTarget, type LoadTarget } from './support/load.ts';

export const about = 'requests a second and time to first byte, through the gateway against the same upstream directly';

const TOKENS = 50;
const FAST_MODEL = `bench@fast+tokens-${TOKENS}`;
/** First token after about a quarter of a second, then 10 to 30 ms a token. */
const PACED_MODEL = `bench@tokens-${TOKENS}`;
const MESSAGES = [{ role: 'user', content: 'What does it cost to cross the bridge with two wagons?' }];
/** So high that nothing is ever refused: what is measured is that they are checked. */
const LIMITS = { limit_rpm: 10_000_000, limit_tpm: 10_000_000_000, budget_month_usd: 1_000_000 };
const ROUNDS = 7;
const COUNTED_REQUESTS = 50;

interface Case {
  readonly label: string;
  readonly provider: 'openai' | 'anthropic';
  readonly stream: boolean;
  readonly concurrency: number;
  /** At a model's pace, in place of as fast as it goes. */
  readonly paced?: true;
}

const CASES: readonly Case[] = [
  { label: 'streamed, 1 at once', provider: 'openai', stream: true, concurrency: 1 },
  { label: 'streamed, 16 at once', provider: 'openai', stream: true, concurrency: 16 },
  { label: 'whole, 1 at once', provider: 'openai', stream: false, concurrency: 1 },
  { label: 'whole, 16 at once', provider: 'openai', stream: false, concurrency: 16 },
  { label: "streamed, 16 at once, at a model's pace", provider: 'openai', stream: true, concurrency: 16, paced: true },
  { label: 'streamed, 16 at once, translated', provider: 'anthropic', stream: true, concurrency: 16 },
  { label: 'whole, 16 at once, translated', provider: 'anthropic', stream: false, concurrency: 16 },
];

export async function run(context: BenchContext): Promise<BenchReport> {
  context.progress('starting the upstream and the local stack');
  const stack = await startBenchStack(context, { fast: FAST_MODEL, paced: PACED_MODEL });
  await stack.limit('team:bench', LIMITS);
  const limited = await stack.createKey({ team: 'bench' }, LIMITS);
  const free = await stack.createKey({ team: 'unlimited' });

  const compared: { readonly item: Case; readonly result: Comparison }[] = [];
  for (const [index, item] of CASES.entries()) {
    context.progress(`${index + 1} of ${CASES.length}: ${item.label}`);
    const direct = createDirect(stack, item);
    const gateway = createGateway(stack, item, limited);
    context.defer(() => direct.close());
    context.defer(() => gateway.close());
    compared.push({ item, result: await compare(direct, gateway, optionsOf(item)) });
  }
  const costs: Table['rows'][number][] = [];
  for (const stream of [true, false]) {
    for (const [name, key] of [
      ['key and team with limits', limited],
      ['no limits', free],
    ] as const) {
      context.progress(`counting calls: ${stream ? 'streamed' : 'whole'}, ${name}`);
      const target = createGateway(stack, { provider: 'openai', stream, concurrency: 1 }, key);
      context.defer(() => target.close());
      const each = await countCosts(stack, target, COUNTED_REQUESTS);
      costs.push([`${stream ? 'streamed' : 'whole'}, ${name}`, ...each]);
    }
  }
  return {
    groups: [
      {
        title: 'requests a second',
        better: 'higher',
        ratios: compared.map(({ item, result }) => toRatio(item, result.perSecond, '/s')),
      },
      {
        title: 'time to first byte',
        better: 'lower',
        ratios: compared.map(({ item, result }) => toRatio(item, result.firstByteMs, 'ms')),
      },
    ],
    tables: [
      {
        title: `per request, over ${COUNTED_REQUESTS} of them one after the other`,
        columns: ['', ...COST_COLUMNS],
        rows: costs,
      },
    ],
    notes: [
      `Answers of ${TOKENS} tokens. Unless it keeps a model's pace, the upstream sends them without any delay: the ratios are the worst there can be.`,
      'The key and its team have limits on requests, tokens and money, unless stated otherwise.',
      "The emulators of DynamoDB, Firehose and Secrets Manager run in the gateway's process and share its one thread: most of its CPU time is theirs.",
      'Upstream, stack and client are three processes on this machine, over loopback.',
    ],
  };
}

function optionsOf({ concurrency, paced }: Case): CompareOptions {
  if (paced) {
    const rounds = { concurrency, maxRequests: concurrency * 2, maxMs: 10_000 };
    return { ...rounds, rounds: 3, warmUp: { ...rounds, maxRequests: concurrency } };
  }
  const rounds = { concurrency, maxRequests: concurrency === 1 ? 60 : 240, maxMs: 800 };
  return { ...rounds, rounds: ROUNDS, warmUp: { ...rounds, maxMs: 1_500 } };
}

function createDirect(stack: BenchStack, { provider, stream, paced }: Case): LoadTarget {
  const model = paced ? PACED_MODEL : FAST_MODEL;
  return provider === 'openai'
    ? createLoadTarget({
        url: `${stack.upstreamUrl}/openai/v1/chat/completions`,
        headers: { authorization: `Bearer ${stack.upstreamKey}` },
        // The gateway always asks for usage: so does the comparison.
        body: JSON.stringify(chat(model, stream)),
        expect: stream ? '[DONE]' : '"usage"',
      })
    : createLoadTarget({
        url: `${stack.upstreamUrl}/anthropic/v1/messages`,
        headers: { 'x-api-key': stack.upstreamKey, 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({ model, max_tokens: 1_000, stream, messages: MESSAGES }),
        expect: stream ? 'message_stop' : '"usage"',
      });
}

function createGateway(stack: BenchStack, { provider, stream, paced }: Omit<Case, 'label'>, key: string): LoadTarget {
  return createLoadTarget({
    url: `${stack.url}/v1/chat/completions`,
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(chat(`${provider}-${paced ? 'paced' : 'fast'}`, stream)),
    expect: stream ? '[DONE]' : '"usage"',
  });
}

function chat(model: string, stream: boolean) {
  const usage = stream ? { stream_options: { include_usage: true } } : {};
  return { model, stream, ...usage, max_completion_tokens: 1_000, messages: MESSAGES };
}

function toRatio({ label }: Case, { direct, gateway, ratio }: Sides, unit: Ratio['unit']): Ratio {
  return { label, ...ratio, direct, gateway, unit };
}
