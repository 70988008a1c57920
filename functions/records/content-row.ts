import type { LakeColumns } from './lake-tables.ts';

/**
 * What was asked and answered, where the key and the model let it be kept; redacted. Types and names as in row.ts. A
 * content that is too large for one record of Firehose is several rows: `request` and `answer` of all of them in the
 * order of `part` are the whole.
 */
export const CONTENT_COLUMNS = [
  ['request_id', 'string', 'request_id in requests. Firehose delivers at least once: deduplicate by it and part.'],
  ['part', 'bigint', 'From 1.'],
  ['parts', 'bigint', 'How many there are of this request.'],
  ['started_at', 'timestamp', 'UTC, when the gateway got the request.'],
  ['api', 'string', 'Which interface: chat.completions, responses, messages, …'],
  ['key_id', 'string', 'The key that asked.'],
  ['team', 'string', 'Team of the key.'],
  ['user_id', 'string', 'User of the key.'],
  ['app', 'string', 'App of the key.'],
  ['env', 'string', 'Environment of the key.'],
  ['model', 'string', 'As the client asked for it.'],
  ['provider', 'string', 'That answered, or was tried last.'],
  ['target_model', 'string', "The provider's name for the model that was asked."],
  ['outcome', 'string', 'As in requests.'],
  ['error', 'string', 'What went wrong, in the words that the client got.'],
  ['request', 'string', 'The request in the neutral model, as JSON: messages, tools, settings.'],
  ['answer', 'string', 'The choices in the neutral model, as JSON: blocks and how each ended.'],
  ['flags', 'array<string>', 'content-cut where something was left out for its size.'],
  ['gateway_version', 'string', 'Version of Tollgate.'],
] as const satisfies LakeColumns;

export interface ContentRow {
  readonly request_id: string;
  readonly part: number;
  readonly parts: number;
  /** `yyyy-MM-dd HH:mm:ss.SSS` */
  readonly started_at: string;
  readonly api: string | null;
  readonly key_id: string | null;
  readonly team: string | null;
  readonly user_id: string | null;
  readonly app: string | null;
  readonly env: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly target_model: string | null;
  readonly outcome: string;
  readonly error: string | null;
  readonly request: string;
  readonly answer: string;
  readonly flags: readonly string[];
  readonly gateway_version: string;
}
