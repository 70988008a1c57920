/** A ledger on a table of its own, and requests that say only what a test is about. */
import { createDynamoLedger } from '../../../functions/adapters/dynamo-ledger.ts';
import { type MeterReport, setLimits, showMeter } from '../../../functions/adapters/meter-admin.ts';
import type { Ledger, Reservation, ReserveRequest, ReserveResult } from '../../../functions/core/ports.ts';
import type { LimitChanges } from '../../../functions/ledger/limits.ts';
import { startTestTable, type TestTable } from '../../support/dynalite.ts';
import { type Call, type Decide, injectFaults } from '../../support/dynamo-faults.ts';

/** 2026-11-23 12:00:00 UTC, the beginning of a slot. */
export const NOON = Date.UTC(2026, 10, 23, 12);
export const MINUTE = 60_000;

/** Waits are real but short: the order of things is tested, not the patience. */
const waiting = { random: Math.random, sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms / 10)) };

let count = 0;
export const newRequestId = (): string => `req_${String(++count).padStart(20, '0')}`;

export interface Bench extends TestTable {
  /** With nothing remembered: what another process would have. */
  ledger(decide?: Decide): Ledger & { readonly calls: readonly Call[] };
  limit(scope: string, limits: LimitChanges): Promise<void>;
  show(scope: string, nowMs?: number): Promise<MeterReport>;
}

export async function startBench(): Promise<Bench> {
  const table = await startTestTable();
  const admin = { client: table.client(), table: table.table };
  return {
    ...table,
    ledger(decide = () => undefined) {
      const client = table.client();
      const calls = injectFaults(client, decide);
      return { ...createDynamoLedger({ client, table: table.table, waiting }), calls };
    },
    limit: (scope, limits) => setLimits({ ...admin, scope, limits }),
    async show(scope, nowMs = NOON) {
      const report = await showMeter({ ...admin, scope, nowMs });
      if (report === undefined) throw new Error(`There is no meter ${scope}.`);
      return report;
    },
  };
}

export function ask(scopes: readonly string[], more: Partial<ReserveRequest> = {}): ReserveRequest {
  const nowMs = more.nowMs ?? NOON;
  return {
    requestId: newRequestId(),
    scopes,
    nowMs,
    expiresAtMs: nowMs + 10 * MINUTE,
    tokens: 0,
    costNano: 0,
    about: { api: 'chat.completions' },
    ...more,
  };
}

export function admitted(result: ReserveResult): Reservation {
  if (result.outcome === 'admitted') return result.reservation;
  throw new Error(`Denied: ${JSON.stringify(result.denial)}`);
}

export function denied(result: ReserveResult) {
  if (result.outcome === 'denied') return result.denial;
  throw new Error(`Admitted: ${JSON.stringify(result.reservation)}`);
}

export const isAdmitted = (result: ReserveResult): boolean => result.outcome === 'admitted';
export const usd = (amount: number): number => Math.round(amount * 1_000_000_000);
