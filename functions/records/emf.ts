/**
 * CloudWatch metrics as lines of a log, in its Embedded Metric Format: one line a request. Values of dimensions come from
 * the configuration and from our own lists, never from a request, because each new one is a metric that is paid for.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { Config } from '../core/config.ts';
import type { Outcome, Row } from './row.ts';

interface Metric {
  readonly name: string;
  readonly unit: 'Count' | 'Milliseconds' | 'None';
  readonly value: number;
}

interface Group {
  /** Names of the dimensions; `[]` is the metric over all. */
  readonly by: readonly (readonly string[])[];
  readonly metrics: readonly Metric[];
}

export type KnownNames = Pick<Config, 'models' | 'providers'>;

/** Nothing that a caller could mend; denials and refusals are the gateway at work. */
const BROKEN: ReadonlySet<string> = new Set(['failed', 'truncated', 'lost'] satisfies readonly Outcome[]);

/** What stands for every name that the configuration does not have. */
const OTHER = 'other';

export function requestMetrics(row: Row, known: KnownNames, namespace: string, nowMs: number): string {
  const model = nameIn(known.models, row.model);
  const provider = row.provider === null ? 'none' : nameIn(known.providers, row.provider);
  const groups: readonly Group[] = [
    {
      by: [[], ['model'], ['provider']],
      metrics: [
        count('Requests', 1),
        count('Errors', row.outcome === 'ok' ? 0 : 1),
        count(
          'InputTokens',
          sum(
            row.input_tokens,
            row.cache_read_tokens,
            row.cache_write_5m_tokens,
            row.cache_write_1h_tokens,
            row.audio_input_tokens,
          ),
        ),
        count('OutputTokens', sum(row.output_tokens, row.audio_output_tokens)),
        { name: 'CostUsd', unit: 'None', value: row.cost_usd ?? 0 },
        ...milliseconds('TimeToFirstToken', row.time_to_first_token_ms),
      ],
    },
    {
      by: [[]],
      metrics: [
        ...milliseconds('Overhead', row.overhead_ms),
        ...counts('Failures', row.outcome === null || BROKEN.has(row.outcome) ? 1 : 0),
        ...counts('Denials', row.outcome === 'denied' ? 1 : 0),
        ...counts('Failovers', Math.max(0, (row.attempt_count ?? 0) - 1)),
        ...counts('Unpriced', row.unpriced === true ? 1 : 0),
        ...counts('Flagged', (row.flags ?? []).length > 0 ? 1 : 0),
      ],
    },
    { by: [['error']], metrics: counts('ErrorsByKind', row.error_kind === null ? 0 : 1) },
  ];
  const dimensions = { model, provider, ...(row.error_kind === null ? {} : { error: row.error_kind }) };
  return JSON.stringify({ ...metadata(groups, namespace, nowMs), ...dimensions, requestId: row.request_id });
}

/** What a line of the log needs to be counted, too. */
export function countOne(name: string, namespace: string, nowMs: number): object {
  return metadata([{ by: [[]], metrics: [count(name, 1)] }], namespace, nowMs);
}

function metadata(groups: readonly Group[], namespace: string, nowMs: number): object {
  const used = groups.filter(({ metrics }) => metrics.length > 0);
  return {
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: used.map(({ by, metrics }) => ({
        Namespace: namespace,
        Dimensions: by,
        Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
      })),
    },
    ...Object.fromEntries(used.flatMap(({ metrics }) => metrics.map(({ name, value }) => [name, value]))),
  };
}

function nameIn(names: object, name: string | null): string {
  return name !== null && Object.hasOwn(names, name) ? name : OTHER;
}

const count = (name: string, value: number): Metric => ({ name, unit: 'Count', value });

/** Absent where there is nothing to count: most requests are not denied, and a line costs by its length. */
const counts = (name: string, value: number): readonly Metric[] => (value === 0 ? [] : [count(name, value)]);

const milliseconds = (name: string, value: number | null): readonly Metric[] =>
  value === null ? [] : [{ name, unit: 'Milliseconds', value }];

const sum = (...values: readonly (number | null)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);
