/** The row of a request whose process died before it could write one. */
import { formatTimestamp } from './format-row.ts';
import { ROW_COLUMNS, type Row } from './row.ts';

export interface LostRequest {
  readonly requestId: string;
  readonly startedAtMs: number;
  /** What a gateway wrote down when it reserved: values of columns, by their names. */
  readonly about: { readonly [name: string]: string };
  readonly reservedNano: number;
  /** What the ledger counts: what the gateway had decided, or else the estimate. */
  readonly costNano: number;
}

const ABOUT = [
  'api',
  'client_dialect',
  'key_id',
  'team',
  'user_id',
  'app',
  'env',
  'model',
  'experiment',
  'arm',
  'shadow_of',
] as const;

/**
 * Of the record alone, so that two sweepers write the same row. What is not known is null. The gateway may have got as
 * far as its own row: readers count each request id once, and take the row that is not `lost`.
 */
export function lostRow(request: LostRequest, gatewayVersion: string): Row {
  const empty = Object.fromEntries(ROW_COLUMNS.map(([name]) => [name, null])) as { [N in keyof Row]: null };
  const known = Object.fromEntries(ABOUT.map((name) => [name, request.about[name] ?? null]));
  return {
    ...empty,
    ...known,
    request_id: request.requestId,
    started_at: formatTimestamp(request.startedAtMs),
    outcome: 'lost',
    usage_source: 'estimated',
    cost_nano_usd: request.costNano,
    cost_usd: request.costNano / 1e9,
    reserved_nano_usd: request.reservedNano,
    stream: request.about.stream === undefined ? null : request.about.stream === 'true',
    unpriced: false,
    shadow: request.about.shadow_of !== undefined,
    gateway_version: gatewayVersion,
  };
}
