/**
 * One upstream request, within the column `attempts`. The two engines take structs in arrays apart differently, so that
 * what a shipped query needs of the attempts stands beside them, as a column of its own.
 */
export const ATTEMPT_FIELDS = [
  ['provider', 'string'],
  ['model', 'string'],
  ['served_model', 'string'],
  ['service_tier', 'string'],
  /** Which of the provider's keys, from 0. */
  ['key_index', 'bigint'],
  ['http_status', 'bigint'],
  ['error_kind', 'string'],
  ['finish_reason', 'string'],
  /** From the request's beginning to this attempt's. */
  ['started_after_ms', 'double'],
  ['time_to_first_token_ms', 'double'],
  ['duration_ms', 'double'],
  ['usage_source', 'string'],
  ['input_tokens', 'bigint'],
  ['cache_read_tokens', 'bigint'],
  ['cache_write_5m_tokens', 'bigint'],
  ['cache_write_1h_tokens', 'bigint'],
  ['output_tokens', 'bigint'],
  ['reasoning_tokens', 'bigint'],
  ['audio_input_tokens', 'bigint'],
  ['audio_output_tokens', 'bigint'],
  ['cost_nano_usd', 'bigint'],
  /** What a provider that reported nothing may have counted all the same: in no sum. */
  ['estimated_input_tokens', 'bigint'],
  ['estimated_output_tokens', 'bigint'],
  ['estimated_cost_nano_usd', 'bigint'],
  ['unpriced', 'boolean'],
] as const;

const ATTEMPT_TYPE = `struct<${ATTEMPT_FIELDS.map(([name, type]) => `${name}:${type}`).join(',')}>`;

/**
 * The columns of the request log: the one definition behind the Glue table, the local lake, the row's type and the
 * tests. Types are Hive's; only those that may be widened safely (no int, no float). Names are lower case because
 * Firehose's JSON SerDe lowers them, and avoid words that Trino or DuckDB reserve (`user`).
 */
export const ROW_COLUMNS = [
  ['request_id', 'string', 'The id in x-tollgate-request-id. Firehose delivers at least once: deduplicate by it.'],
  ['started_at', 'timestamp', 'UTC, when the gateway got the request.'],
  ['api', 'string', 'Which interface: chat.completions, responses, messages, …'],
  ['client_dialect', 'string', 'The dialect the client spoke.'],
  ['stream', 'boolean', 'Whether the client asked for a stream.'],
  ['key_id', 'string', 'Null where the key was not known.'],
  ['team', 'string', 'Team of the key.'],
  ['user_id', 'string', 'User of the key.'],
  ['app', 'string', 'App of the key.'],
  ['env', 'string', 'Environment of the key.'],
  ['model', 'string', 'As the client asked for it: an alias or provider/model.'],
  ['provider', 'string', 'That answered, or was tried last.'],
  ['target_model', 'string', "The provider's name for the model that was asked."],
  ['served_model', 'string', 'As the provider named it in its answer.'],
  [
    'service_tier',
    'string',
    'Terms that change the price: flex, priority, batch, fast, us, extras; several joined by +.',
  ],
  ['route', 'string', 'How the targets were ordered, and which were left out and why.'],
  ['experiment', 'string', 'Name of the experiment, if any.'],
  ['arm', 'string', 'Arm of the experiment.'],
  ['shadow', 'boolean', 'A mirrored request whose answer nobody saw.'],
  ['shadow_of', 'string', 'The id of the request that it mirrored.'],
  ['outcome', 'string', 'ok, denied, refused, failed, truncated or lost.'],
  ['http_status', 'bigint', 'Status that the client got.'],
  ['error_kind', 'string', "The gateway's kind of error."],
  ['error_code', 'string', "The provider's own error code."],
  ['denied_scope', 'string', 'Scope whose limit refused the request.'],
  ['denied_limit', 'string', 'The limit that refused it.'],
  ['finish_reason', 'string', 'stop, length, tool-calls, content-filter, refusal or error.'],
  ['attempt_count', 'bigint', 'Upstream requests made.'],
  ['failed_attempts', 'bigint', 'Those of them that failed.'],
  ['attempts', `array<${ATTEMPT_TYPE}>`, 'Every upstream request in order.'],
  ['input_tokens', 'bigint', 'Uncached text input.'],
  ['cache_read_tokens', 'bigint', 'Input read from a prompt cache.'],
  ['cache_write_5m_tokens', 'bigint', 'Input written to a cache that lives 5 minutes.'],
  ['cache_write_1h_tokens', 'bigint', 'Input written to a cache that lives 1 hour.'],
  ['output_tokens', 'bigint', 'Text output, reasoning included.'],
  ['reasoning_tokens', 'bigint', 'The part of output_tokens that was reasoning.'],
  ['audio_input_tokens', 'bigint', 'Audio input.'],
  ['audio_output_tokens', 'bigint', 'Audio output.'],
  ['usage_source', 'string', 'reported, estimated or none.'],
  ['cost_nano_usd', 'bigint', 'Cost of all attempts in 1e-9 USD, exact.'],
  ['cost_usd', 'double', 'The same in USD, for reading.'],
  ['failed_attempt_cost_nano_usd', 'bigint', 'The part of it that went to attempts that failed.'],
  ['uncached_cost_nano_usd', 'bigint', 'What it would have cost without any prompt cache.'],
  ['estimated_input_tokens', 'bigint', 'Sent in attempts whose provider reported no usage: in no sum.'],
  ['estimated_output_tokens', 'bigint', 'Received in such attempts: in no sum.'],
  ['estimated_cost_nano_usd', 'bigint', 'What such attempts would cost if the provider bills them: in no sum.'],
  ['reserved_nano_usd', 'bigint', 'The worst case that was reserved.'],
  ['price_version', 'string', 'Version of the prices used.'],
  ['unpriced', 'boolean', 'No price was known: cost is 0 and wrong.'],
  ['queue_ms', 'double', 'Waited for capacity.'],
  ['overhead_ms', 'double', "The gateway's own time before the first upstream request."],
  ['time_to_first_token_ms', 'double', 'From the request to the first content.'],
  ['total_ms', 'double', 'From the request to the last byte.'],
  ['request_bytes', 'bigint', 'Size of the body.'],
  ['response_bytes', 'bigint', 'Size of the answer.'],
  ['flags', 'array<string>', 'Observations, e.g. prompt-injection.'],
  ['metadata', 'map<string,string>', 'x-tollgate-metadata.'],
  ['config_version', 'string', 'Configuration in force.'],
  ['gateway_version', 'string', 'Version of Tollgate.'],
] as const;

export const REQUESTS_DATABASE = 'tollgate';
export const REQUESTS_TABLE = 'requests';
/** `requests/dt=2026-11-23/`: by arrival, UTC. */
export const REQUESTS_PREFIX = 'requests';
export const PARTITION_COLUMN = 'dt';

type Column = (typeof ROW_COLUMNS)[number];
type ColumnType<N extends Column[0]> = Extract<Column, readonly [N, ...unknown[]]>[1];

type Attempt = (typeof ATTEMPT_FIELDS)[number];

export type AttemptRow = { readonly [F in Attempt as F[0]]: ValueOf<F[1]> | null };

type ValueOf<T extends string> = T extends 'string' | 'timestamp'
  ? string
  : T extends 'bigint' | 'double'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'array<string>'
        ? readonly string[]
        : T extends 'map<string,string>'
          ? { readonly [key: string]: string }
          : readonly AttemptRow[];

/** One line of the log. Every column is present; what is unknown is null. `started_at` is `yyyy-MM-dd HH:mm:ss.SSS`. */
export type Row = { readonly [N in Column[0]]: ValueOf<ColumnType<N>> | null };

export const OUTCOMES = ['ok', 'denied', 'refused', 'failed', 'truncated', 'lost'] as const;
export type Outcome = (typeof OUTCOMES)[number];
