/** What each shipped query has to answer, computed from the rows in plain loops. */
import type { SampleAttempt, SampleFeedback, SampleRequest } from './read-requests.ts';

export type Answer = { readonly [column: string]: string | number | null };

const usd = (nano: number): number => nano / 1e9;
const sum = <T>(items: readonly T[], amount: (item: T) => number | null): number =>
  items.reduce((total, item) => total + (amount(item) ?? 0), 0);
const count = <T>(items: readonly T[], matches: (item: T) => boolean): number => items.filter(matches).length;
const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const served = (row: SampleRequest): string | null => row.served_model ?? row.target_model;
const allInput = (row: SampleRequest): number =>
  (row.input_tokens ?? 0) +
  (row.cache_read_tokens ?? 0) +
  (row.cache_write_5m_tokens ?? 0) +
  (row.cache_write_1h_tokens ?? 0) +
  (row.audio_input_tokens ?? 0);

/** The least value that has the share of all at or below it. */
function percentile(values: readonly (number | null)[], p: number): number | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length - 1e-9) - 1)] ?? null;
}

function groups<T>(items: readonly T[], key: (item: T) => readonly unknown[]): readonly (readonly [T, ...T[]])[] {
  const found = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const name = JSON.stringify(key(item));
    const group = found.get(name);
    if (group === undefined) found.set(name, [item]);
    else group.push(item);
  }
  return [...found.values()];
}

const tokens = (rows: readonly SampleRequest[]) => ({
  input_tokens: sum(rows, (row) => (row.input_tokens ?? 0) + (row.audio_input_tokens ?? 0)),
  cache_read_tokens: sum(rows, (row) => row.cache_read_tokens),
  cache_write_tokens: sum(rows, (row) => (row.cache_write_5m_tokens ?? 0) + (row.cache_write_1h_tokens ?? 0)),
  output_tokens: sum(rows, (row) => (row.output_tokens ?? 0) + (row.audio_output_tokens ?? 0)),
});

export function spend(
  rows: readonly SampleRequest[],
  by: (row: SampleRequest) => string | null,
  thenBy: (row: SampleRequest) => string | null,
): readonly Answer[] {
  return groups(rows, (row) => [by(row), thenBy(row)]).map((group) => ({
    group_1: by(group[0]),
    group_2: thenBy(group[0]),
    requests: group.length,
    ...tokens(group),
    cost_usd: usd(sum(group, (row) => row.cost_nano_usd)),
    unpriced_requests: count(group, (row) => row.unpriced),
    estimated_requests: count(group, (row) => row.usage_source === 'estimated'),
  }));
}

export function topRequests(rows: readonly SampleRequest[], most: number): readonly Answer[] {
  return [...rows]
    .sort((a, b) => (b.cost_nano_usd ?? 0) - (a.cost_nano_usd ?? 0) || (a.request_id < b.request_id ? -1 : 1))
    .slice(0, most)
    .map((row) => ({ request_id: row.request_id, cost_usd: usd(row.cost_nano_usd ?? 0), ...tokens([row]) }));
}

export function failedAttempts(rows: readonly SampleRequest[]): readonly Answer[] {
  const failed = rows.flatMap((row) =>
    row.attempts.filter((attempt) => attempt.error_kind !== null).map((attempt) => ({ ...attempt, row })),
  );
  return groups(failed, ({ provider, model, error_kind }) => [provider, model, error_kind]).map((group) => ({
    provider: group[0].provider,
    model: group[0].model,
    error_kind: group[0].error_kind,
    failed_attempts: group.length,
    saved_requests: count(group, ({ row }) => row.outcome === 'ok'),
    wasted_ms: sum(group, (attempt) => attempt.duration_ms),
    cost_usd: usd(sum(group, (attempt) => attempt.cost_nano_usd)),
    estimated_usd: usd(sum(group, (attempt) => attempt.estimated_cost_nano_usd)),
  }));
}

export function cacheSavings(rows: readonly SampleRequest[]): readonly Answer[] {
  const used = rows.filter((row) => row.uncached_cost_nano_usd !== null && row.usage_source !== 'none');
  return groups(used, (row) => [row.provider, served(row)]).map((group) => {
    const cost = sum(group, (row) => row.cost_nano_usd);
    const uncached = sum(group, (row) => row.uncached_cost_nano_usd);
    const input = sum(group, allInput);
    return {
      provider: group[0].provider,
      model: served(group[0]),
      requests: group.length,
      input_tokens: input,
      cache_read_share: share(
        sum(group, (row) => row.cache_read_tokens),
        input,
      ),
      cache_write_share: share(
        sum(group, (row) => row.cache_write_5m_tokens),
        input,
      ),
      cost_usd: usd(cost),
      uncached_usd: usd(uncached),
      saved_usd: usd(uncached - cost),
      saved_share: share(uncached - cost, uncached),
    };
  });
}

export interface WhatIfPrices {
  readonly input: number;
  readonly cache_read: number;
  readonly cache_write_5m: number;
  readonly output: number;
}

export function whatIf(rows: readonly SampleRequest[], model: string, prices: WhatIfPrices): readonly Answer[] {
  const used = rows.filter((row) => row.model === model && row.usage_source !== 'none' && row.input_tokens !== null);
  return groups(used, (row) => [served(row)]).map((group) => {
    const cost = usd(sum(group, (row) => row.cost_nano_usd));
    const other =
      (sum(group, (row) => row.input_tokens) * prices.input +
        sum(group, (row) => row.cache_read_tokens) * prices.cache_read +
        sum(group, (row) => row.cache_write_5m_tokens) * prices.cache_write_5m +
        sum(group, (row) => row.output_tokens) * prices.output) /
      1e6;
    return {
      model,
      served_by: served(group[0]),
      requests: group.length,
      cost_usd: cost,
      what_if_usd: other,
      difference_usd: other - cost,
      difference_share: share(other - cost, cost),
    };
  });
}

export function latency(rows: readonly SampleRequest[]): readonly Answer[] {
  const answered = rows.filter((row) => row.outcome === 'ok' && !row.shadow);
  return groups(answered, (row) => [row.provider, served(row)]).map((group) => {
    const of = (name: string, value: (row: SampleRequest) => number | null): Answer =>
      Object.fromEntries([50, 90, 99].map((p) => [`${name}_p${p}`, percentile(group.map(value), p / 100)]));
    const streams = group.filter((row) => row.stream && (row.total_ms ?? 0) > (row.time_to_first_token_ms ?? 0));
    return {
      provider: group[0].provider,
      model: served(group[0]),
      requests: group.length,
      ...of('first_token', (row) => row.time_to_first_token_ms),
      ...of('total', (row) => row.total_ms),
      ...of('overhead', (row) => row.overhead_ms),
      queued_requests: count(group, (row) => (row.queue_ms ?? 0) > 0),
      tokens_per_second: share(
        1e3 * sum(streams, (row) => row.output_tokens),
        sum(streams, (row) => (row.total_ms ?? 0) - (row.time_to_first_token_ms ?? 0)),
      ),
    };
  });
}

export function errorRates(rows: readonly SampleRequest[]): readonly Answer[] {
  const seen = rows.filter((row) => !row.shadow);
  return groups(seen, (row) => [row.model, row.provider]).map((group) => {
    const of = (outcome: string) => count(group, (row) => row.outcome === outcome);
    const kinds = groups(
      group.filter((row) => row.error_kind !== null),
      (row) => [row.error_kind],
    ).map((each) => [each[0].error_kind ?? '', each.length] as const);
    const [top] = kinds.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const counts = Object.fromEntries(
      ['ok', 'denied', 'refused', 'failed', 'truncated', 'lost'].map((outcome) => [outcome, of(outcome)]),
    );
    return {
      model: group[0].model,
      provider: group[0].provider,
      requests: group.length,
      ...counts,
      failure_rate: share(of('failed') + of('truncated') + of('lost'), group.length - of('denied') - of('refused')),
      failovers: count(group, (row) => row.outcome === 'ok' && (row.failed_attempts ?? 0) > 0),
      top_error: top === undefined ? null : `${top[0]} (${top[1]})`,
    };
  });
}

export function experimentComparison(
  rows: readonly SampleRequest[],
  feedback: readonly SampleFeedback[],
): readonly Answer[] {
  const last = new Map<string, SampleFeedback>();
  for (const each of feedback) {
    const name = JSON.stringify([each.request_id, each.label]);
    const known = last.get(name);
    if (known === undefined || each.receivedAtMs > known.receivedAtMs) last.set(name, each);
  }
  const scoresOf = Map.groupBy(last.values(), (each) => each.request_id);
  const arms = groups(
    rows.filter((row) => row.experiment !== null && !row.shadow),
    (row) => [row.experiment, row.arm],
  );
  return arms.flatMap((group) => {
    const tried = count(group, (row) => row.outcome !== 'denied' && row.outcome !== 'refused');
    const ok = group.filter((row) => row.outcome === 'ok');
    const cost = sum(group, (row) => row.cost_nano_usd);
    const arm = {
      experiment: group[0].experiment,
      arm: group[0].arm,
      requests: group.length,
      failure_rate: share(
        count(group, (row) => ['failed', 'truncated', 'lost'].includes(row.outcome ?? '')),
        tried,
      ),
      cost_usd: usd(cost),
      cost_per_request_usd: share(usd(cost), tried),
      output_tokens_mean: share(
        sum(ok, (row) => row.output_tokens),
        ok.length,
      ),
      first_token_p50: percentile(
        ok.map((row) => row.time_to_first_token_ms),
        0.5,
      ),
      total_p50: percentile(
        ok.map((row) => row.total_ms),
        0.5,
      ),
      total_p90: percentile(
        ok.map((row) => row.total_ms),
        0.9,
      ),
    };
    const scored = group.flatMap((row) => scoresOf.get(row.request_id) ?? []);
    return groups(scored, (each) => [each.label]).map((each) => {
      const mean = sum(each, ({ score }) => score) / each.length;
      const variance = sum(each, ({ score }) => (score - mean) ** 2) / (each.length - 1);
      return {
        ...arm,
        label: each[0].label,
        scores: each.length,
        score_mean: mean,
        score_error: Math.sqrt(variance / each.length),
      };
    });
  });
}

export function unusualSpend(
  rows: readonly SampleRequest[],
  options: { readonly sinceMs: number; readonly factor: number; readonly leastUsd: number },
): readonly Answer[] {
  const HOUR = 3_600_000;
  const weekBefore = options.sinceMs - 168 * HOUR;
  const seen = rows.filter((row) => row.startedAtMs >= weekBefore);
  return groups(seen, (row) => [row.team]).flatMap((team) => {
    const hours = new Map<number, number>();
    for (const row of team) {
      const hour = Math.floor(row.startedAtMs / HOUR);
      hours.set(hour, (hours.get(hour) ?? 0) + (row.cost_nano_usd ?? 0));
    }
    const first = Math.min(...hours.keys());
    return [...hours].flatMap(([hour, nano]) => {
      const before = Math.min(168, hour - first);
      if (before === 0 || hour * HOUR < options.sinceMs) return [];
      let nanoBefore = 0;
      for (let each = hour - 168; each < hour; each += 1) nanoBefore += hours.get(each) ?? 0;
      const mean = usd(nanoBefore) / before;
      if (usd(nano) < options.leastUsd || usd(nano) <= options.factor * mean) return [];
      return [{ team: team[0].team, cost_usd: usd(nano), mean_usd: mean, times_mean: share(usd(nano), mean) }];
    });
  });
}

export function promptSizeOutliers(
  rows: readonly SampleRequest[],
  options: { readonly factor: number; readonly leastTokens: number; readonly most: number },
): readonly Answer[] {
  const used = rows.filter((row) => row.usage_source !== 'none');
  return groups(used, (row) => [row.app, row.model])
    .filter((group) => group.length >= 20)
    .flatMap((group) => {
      // A request of which nothing is known counts as a request, and has no size.
      const sizes = group.map((row) => (row.input_tokens === null ? null : allInput(row)));
      const median = percentile(sizes, 0.5) ?? 0;
      return group
        .filter((row) => allInput(row) >= options.leastTokens && allInput(row) > options.factor * median)
        .map((row) => ({
          request_id: row.request_id,
          input_tokens: allInput(row),
          median_tokens: median,
          times_median: allInput(row) / median,
        }));
    })
    .sort((a, b) => b.times_median - a.times_median || (a.request_id < b.request_id ? -1 : 1))
    .slice(0, options.most);
}

/** By day, provider and model: what the attempts of these requests cost. */
export function attemptSums(
  rows: readonly SampleRequest[],
): ReadonlyMap<string, { readonly attempts: number; readonly nano: number }> {
  const sums = new Map<string, { attempts: number; nano: number }>();
  const add = (row: SampleRequest, attempt: SampleAttempt): void => {
    const name = [dayOf(row.startedAtMs), attempt.provider, attempt.served_model ?? attempt.model].join(' ');
    const known = sums.get(name) ?? { attempts: 0, nano: 0 };
    sums.set(name, { attempts: known.attempts + 1, nano: known.nano + attempt.cost_nano_usd });
  };
  for (const row of rows) for (const attempt of row.attempts) add(row, attempt);
  return sums;
}
