import { dayEndsAtMs, dayStartsAtMs } from '../functions/ledger/calendar.ts';
import { requestsOnce } from '../functions/records/requests-once.ts';
import { ROW_COLUMNS } from '../functions/records/row.ts';
import type { OpenLake } from './open-lake.ts';

/** What costs can be grouped by: every text column that is not one of a kind, and the day. */
export const GROUP_COLUMNS: readonly string[] = [
  'day',
  'month',
  ...ROW_COLUMNS.filter(([name, type]) => type === 'string' && name !== 'request_id').map(([name]) => name),
];

export interface CostQuery {
  readonly by: readonly string[];
  /** Days, both included. */
  readonly since: string;
  readonly until: string;
}

interface Sums {
  readonly requests: number;
  readonly input_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
  readonly output_tokens: number;
  readonly cost_nano_usd: number;
  readonly cost_usd: number;
  readonly unpriced_requests: number;
  readonly estimated_requests: number;
}

export interface CostGroup extends Sums {
  /** One value for each of the columns, null where a request had none. */
  readonly group: readonly (string | null)[];
}

export interface Costs extends CostQuery {
  readonly groups: readonly CostGroup[];
  readonly total: Sums;
}

const SUMS = {
  requests: 'count(*)',
  input_tokens: 'sum(coalesce(input_tokens, 0) + coalesce(audio_input_tokens, 0))',
  cache_read_tokens: 'sum(coalesce(cache_read_tokens, 0))',
  cache_write_tokens: 'sum(coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0))',
  output_tokens: 'sum(coalesce(output_tokens, 0) + coalesce(audio_output_tokens, 0))',
  cost_nano_usd: 'sum(coalesce(cost_nano_usd, 0))',
  unpriced_requests: 'sum(CASE WHEN unpriced THEN 1 ELSE 0 END)',
  estimated_requests: "sum(CASE WHEN usage_source = 'estimated' THEN 1 ELSE 0 END)",
} as const;
const NAMES = Object.keys(SUMS) as readonly (keyof typeof SUMS)[];

const TIMES: { readonly [name: string]: string } = {
  day: 'CAST(CAST(started_at AS DATE) AS VARCHAR)',
  month: 'substr(CAST(CAST(started_at AS DATE) AS VARCHAR), 1, 7)',
};

/** By the day on which the requests started. */
export async function queryCosts(lake: OpenLake, query: CostQuery): Promise<Costs> {
  const columns = query.by.map((name) => TIMES[name] ?? `"${name}"`);
  const sql = `
    SELECT ${[...columns, ...Object.values(SUMS)].join(', ')}
    FROM (${requestsOnce(dayStartsAtMs(query.since), dayEndsAtMs(query.until))}
    ) AS requests_once
    ${columns.length === 0 ? '' : `GROUP BY ${columns.map((_, index) => index + 1).join(', ')}`}
    ORDER BY ${columns.length + 1 + NAMES.indexOf('cost_nano_usd')} DESC, ${columns.length + 1} DESC, 1`;
  const { rows } = await lake.query(sql);
  const groups = rows.map(
    (row): CostGroup => ({
      group: row.slice(0, columns.length).map((value) => (typeof value === 'string' ? value : null)),
      ...sumsOf(row.slice(columns.length)),
    }),
  );
  const totals = NAMES.map((name) => groups.reduce((sum, group) => sum + group[name], 0));
  return { ...query, groups, total: sumsOf(totals) };
}

function sumsOf(values: readonly unknown[]): Sums {
  const value = (name: (typeof NAMES)[number]) => Number(values[NAMES.indexOf(name)] ?? 0);
  return {
    requests: value('requests'),
    input_tokens: value('input_tokens'),
    cache_read_tokens: value('cache_read_tokens'),
    cache_write_tokens: value('cache_write_tokens'),
    output_tokens: value('output_tokens'),
    cost_nano_usd: value('cost_nano_usd'),
    cost_usd: value('cost_nano_usd') / 1e9,
    unpriced_requests: value('unpriced_requests'),
    estimated_requests: value('estimated_requests'),
  };
}
