/** What lies in the lake, a folder a table: `PREFIX/dt=2026-11-23/*.parquet`, by day of arrival. */
import { CONTENT_COLUMNS } from './content-row.ts';
import { FEEDBACK_COLUMNS } from './feedback-row.ts';
import { REQUESTS_PREFIX, REQUESTS_TABLE, ROW_COLUMNS } from './row.ts';

/** Name, Hive type and comment. */
export type LakeColumns = readonly (readonly [name: string, type: string, comment: string])[];

export interface LakeTable {
  readonly name: string;
  readonly prefix: string;
  readonly columns: LakeColumns;
}

export const REQUESTS: LakeTable = { name: REQUESTS_TABLE, prefix: REQUESTS_PREFIX, columns: ROW_COLUMNS };

/** Apart from the requests, because it comes later and more than once: joined by `request_id`. */
export const FEEDBACK: LakeTable = { name: 'feedback', prefix: 'feedback', columns: FEEDBACK_COLUMNS };

/** Apart from the requests, because few may see it, and it is not kept as long. */
export const CONTENTS: LakeTable = { name: 'contents', prefix: 'contents', columns: CONTENT_COLUMNS };

export const LAKE_TABLES: readonly LakeTable[] = [REQUESTS, FEEDBACK, CONTENTS];

/**
 * What a provider's exported bill is brought into, to stand beside ours: CSV files under `invoices/`, with this head.
 * All text, because that is what Athena's reader of CSV makes of quoted fields; the query casts.
 */
export const INVOICE_COLUMNS = [
  ['day', 'string', 'UTC, as 2026-11-23.'],
  ['provider', 'string', 'As it is named in gateway.yaml.'],
  ['model', 'string', 'As the provider names it in its answers.'],
  ['cost_usd', 'string', 'What was invoiced, in USD.'],
] as const;

export const INVOICES_TABLE = 'invoices';
export const INVOICES_PREFIX = 'invoices';
