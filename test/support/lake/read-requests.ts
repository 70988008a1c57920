/** The rows of a sample lake as they lie there, and each request once: by other means than the queries'. */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

export interface SampleAttempt {
  readonly provider: string;
  readonly model: string;
  readonly served_model: string | null;
  readonly error_kind: string | null;
  readonly duration_ms: number;
  readonly usage_source: string;
  readonly cost_nano_usd: number;
  readonly estimated_cost_nano_usd: number | null;
}

const TEXTS = [
  'request_id',
  'key_id',
  'team',
  'user_id',
  'app',
  'env',
  'model',
  'provider',
  'target_model',
  'served_model',
  'experiment',
  'arm',
  'outcome',
  'error_kind',
  'usage_source',
] as const;

const NUMBERS = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'audio_input_tokens',
  'audio_output_tokens',
  'cost_nano_usd',
  'uncached_cost_nano_usd',
  'attempt_count',
  'failed_attempts',
  'queue_ms',
  'overhead_ms',
  'time_to_first_token_ms',
  'total_ms',
] as const;

export type SampleRequest = { readonly [N in (typeof TEXTS)[number]]: string | null } & {
  readonly [N in (typeof NUMBERS)[number]]: number | null;
} & {
  readonly request_id: string;
  readonly startedAtMs: number;
  /** The day of arrival. */
  readonly dt: string;
  readonly stream: boolean;
  readonly shadow: boolean;
  readonly unpriced: boolean;
  readonly attempts: readonly SampleAttempt[];
};

export interface SampleFeedback {
  readonly request_id: string;
  readonly label: string | null;
  readonly score: number;
  readonly receivedAtMs: number;
}

export interface SampleRows {
  /** As delivered, copies and all. */
  readonly delivered: number;
  readonly requests: readonly SampleRequest[];
  readonly feedback: readonly SampleFeedback[];
}

const ATTEMPTS = `list_transform(attempts, lambda a: {
  provider: a.provider, model: a.model, served_model: a.served_model, error_kind: a.error_kind,
  duration_ms: a.duration_ms, usage_source: a.usage_source, cost_nano_usd: CAST(a.cost_nano_usd AS DOUBLE),
  estimated_cost_nano_usd: CAST(a.estimated_cost_nano_usd AS DOUBLE) })`;

export async function readSampleRows(folder: string): Promise<SampleRows> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const objects = async (sql: string, table: string) => {
    const reader = await connection.runAndReadAll(
      `${sql} FROM read_parquet('${join(folder, table)}/*/*.parquet', hive_types = {'dt': VARCHAR})`,
    );
    return reader.getRowObjectsJson();
  };
  try {
    const numbers = NUMBERS.map((name) => `CAST(${name} AS DOUBLE) AS ${name}`);
    const rows = (await objects(
      `SELECT ${[...TEXTS, ...numbers].join(', ')}, dt, stream, shadow, unpriced, ${ATTEMPTS} AS attempts,
       CAST(epoch_ms(started_at) AS DOUBLE) AS "startedAtMs"`,
      'requests',
    )) as unknown as readonly SampleRequest[];
    const once = new Map<string, SampleRequest>();
    for (const row of rows) {
      const known = once.get(row.request_id);
      if (known === undefined || (known.outcome === 'lost' && row.outcome !== 'lost')) once.set(row.request_id, row);
    }
    const feedback = (await objects(
      'SELECT request_id, label, score, CAST(epoch_ms(received_at) AS DOUBLE) AS "receivedAtMs"',
      'feedback',
    )) as unknown as readonly SampleFeedback[];
    return { delivered: rows.length, requests: [...once.values()], feedback };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
