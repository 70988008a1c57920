/** The request log, computed again under other prices: attempt by attempt, as the gateway does it. */
import { type PriceOverride, parseConfig } from '../functions/core/config.ts';
import { NO_USAGE, parseTerms, totalInputTokens, totalOutputTokens, type Usage } from '../functions/core/usage.ts';
import { costNano, isPriced } from '../functions/ledger/prices.ts';
import { attemptsQuery, PRICED_COLUMNS } from '../functions/records/attempts-query.ts';
import { CliError } from './errors.ts';
import type { OpenLake } from './open-lake.ts';
import { type Prices, priceQuery } from './price-source.ts';
import { bar, formatCount, formatTable } from './table.ts';

export interface RepricedModel {
  readonly provider: string;
  readonly model: string;
  readonly attempts: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** As the rows have it. */
  readonly loggedNano: number;
  readonly repricedNano: number;
  /** They count nothing in `repricedNano`, or by the list where it is only their terms that have no known price. */
  readonly unpricedAttempts: number;
}

export interface Repriced {
  readonly since: string;
  readonly until: string;
  readonly version: string;
  readonly models: readonly RepricedModel[];
  readonly total: Omit<RepricedModel, 'provider' | 'model'>;
}

export interface RepriceOptions {
  readonly lake: OpenLake;
  readonly engine: 'trino' | 'duckdb';
  readonly prices: Prices;
  /** Days, both included. */
  readonly since: string;
  readonly until: string;
}

const DAY_MS = 86_400_000;

/** A day at a time, so that no more than a day's log is held. */
export async function reprice({ lake, engine, prices, since, until }: RepriceOptions): Promise<Repriced> {
  const models = new Map<string, RepricedModel>();
  for (let fromMs = Date.parse(since); fromMs <= Date.parse(until); fromMs += DAY_MS) {
    const { rows } = await lake.query(attemptsQuery(engine, fromMs, fromMs + DAY_MS));
    for (const row of rows) {
      const one = repriceRow(row, prices);
      const name = `${one.provider}/${one.model}`;
      const sum = models.get(name);
      models.set(name, sum === undefined ? one : { ...one, ...add(sum, one) });
    }
  }
  const sorted = [...models.values()].sort((one, other) => other.repricedNano - one.repricedNano);
  return { since, until, version: prices.book.version, models: sorted, total: sorted.reduce(add, NOTHING) };
}

const NOTHING: Repriced['total'] = {
  attempts: 0,
  inputTokens: 0,
  outputTokens: 0,
  loggedNano: 0,
  repricedNano: 0,
  unpricedAttempts: 0,
};

function add(one: Repriced['total'], other: Repriced['total']): Repriced['total'] {
  return {
    attempts: one.attempts + other.attempts,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    loggedNano: one.loggedNano + other.loggedNano,
    repricedNano: one.repricedNano + other.repricedNano,
    unpricedAttempts: one.unpricedAttempts + other.unpricedAttempts,
  };
}

function repriceRow(row: readonly unknown[], prices: Prices): RepricedModel {
  const [minute, ...values] = row;
  const at = (name: (typeof PRICED_COLUMNS)[number]): unknown => values[PRICED_COLUMNS.indexOf(name)];
  const count = (name: (typeof PRICED_COLUMNS)[number]): number => Number(at(name) ?? 0);
  const [attempts, loggedNano] = values.slice(PRICED_COLUMNS.length).map(Number) as [number, number];
  const usage: Usage = {
    ...NO_USAGE,
    inputTokens: count('input_tokens'),
    cacheReadTokens: count('cache_read_tokens'),
    cacheWrite5mTokens: count('cache_write_5m_tokens'),
    cacheWrite1hTokens: count('cache_write_1h_tokens'),
    outputTokens: count('output_tokens'),
    audioInputTokens: count('audio_input_tokens'),
    audioOutputTokens: count('audio_output_tokens'),
  };
  const [provider, model] = [String(at('provider')), String(at('model'))];
  const terms = parseTerms(String(at('service_tier') ?? ''));
  const startedAtMs = Date.parse(`${String(minute).replace(' ', 'T')}:00Z`);
  const price = prices.book.find(priceQuery(prices, provider, model, startedAtMs));
  const isUsed = totalInputTokens(usage) + totalOutputTokens(usage) > 0;
  return {
    provider,
    model,
    attempts,
    inputTokens: attempts * totalInputTokens(usage),
    outputTokens: attempts * totalOutputTokens(usage),
    loggedNano,
    repricedNano: price === undefined ? 0 : attempts * costNano(price, usage, terms),
    unpricedAttempts: isUsed && (price === undefined || !isPriced(price, terms)) ? attempts : 0,
  };
}

const SET = /^([^/]+)\/(.+):((?:[a-zA-Z0-9]+=[\d.]+)(?:,[a-zA-Z0-9]+=[\d.]+)*)$/;

/** `openai/gpt-4o:input=2,output=8` */
export function parseOverride(text: string): PriceOverride {
  const [, provider, model, rates] = SET.exec(text) ?? [];
  if (provider === undefined || model === undefined || rates === undefined) {
    throw new CliError(`--set ${text}: PROVIDER/MODEL:input=2.5,output=10 is wanted, in USD per million tokens.`, {
      exitCode: 2,
    });
  }
  const given = rates.split(',').map((pair) => pair.split('='));
  const written = { provider, model, ...Object.fromEntries(given.map(([name, value]) => [name, Number(value)])) };
  const parsed = parseConfig({ providers: {}, prices: [written] });
  const [price] = parsed.ok ? parsed.config.prices : [];
  if (price !== undefined) return price;
  const [problem] = parsed.ok ? [] : parsed.problems;
  throw new CliError(`--set ${text}: ${problem?.path.replace('prices[0].', '')} ${problem?.message}`, { exitCode: 2 });
}

const BAR_CELLS = 12;

export function formatRepriced(result: Repriced, width: number | undefined): string {
  const { since, until, version, models, total } = result;
  const period = `${since} to ${until}, UTC`;
  if (models.length === 0) return `No requests from ${period}.`;
  const most = Math.max(1, ...models.map((each) => Math.max(each.loggedNano, each.repricedNano)));
  const cells = (each: Repriced['total']): readonly string[] => [
    formatCount(each.attempts),
    formatCount(each.inputTokens),
    formatCount(each.outputTokens),
    usd(each.loggedNano),
    usd(each.repricedNano),
    change(each),
  ];
  const heads = ['attempts', 'input', 'output', 'logged USD', 'repriced USD', 'change'];
  const table = formatTable(
    [{ title: 'model' }, ...heads.map((title) => ({ title, align: 'right' as const })), { title: 'logged │ repriced' }],
    models.map((each) => [
      `${each.provider}/${each.model}`,
      ...cells(each),
      `${bar(each.loggedNano / most, BAR_CELLS).padEnd(BAR_CELLS)} │ ${bar(each.repricedNano / most, BAR_CELLS)}`,
    ]),
    { total: ['total', ...cells(total), ''], width },
  );
  const notes =
    total.unpricedAttempts === 0
      ? []
      : [
          '',
          `${formatCount(total.unpricedAttempts)} attempts have no known price under these: they count 0, or the list.`,
        ];
  return [`The log of ${period}, by ${version}`, '', table, ...notes].join('\n');
}

const usd = (nano: number): string =>
  (nano / 1e9).toLocaleString('en-US', { minimumFractionDigits: 6, maximumFractionDigits: 9 });

function change({ loggedNano, repricedNano }: Repriced['total']): string {
  if (loggedNano === 0) return repricedNano === 0 ? '0.0%' : '–';
  const percent = ((repricedNano - loggedNano) / loggedNano) * 100;
  return `${percent > 0 ? '+' : ''}${percent.toFixed(1)}%`;
}
