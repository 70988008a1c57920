/**
 * Ends the reservations of requests whose process died: what the gateway had decided is applied, or else the estimate
 * stays as spent; the slots in flight come free, and the row is written. In that order, and the record goes last, so
 * that a sweep that dies is finished by the next one. Two at once are harmless: a record is claimed by one of them, and
 * applying it twice changes nothing.
 */
import { inParallel } from '../adapters/in-parallel.ts';
import { toGatewayError } from '../core/errors.ts';
import { GATEWAY_VERSION } from '../gateway/version.ts';
import type { Item } from '../ledger/attributes.ts';
import { parseOpenRecord } from '../ledger/open-record.ts';
import { givenUp, nextCursor, revisited, sweepRange } from '../ledger/sweep-cursor.ts';
import { lostRow } from '../records/lost-row.ts';
import { createRedactor } from '../records/redact.ts';
import { redactRow } from '../records/redact-row.ts';
import type { Upkeep } from './upkeep.ts';

export type Sweeping = Pick<Upkeep, 'clock' | 'store' | 'log' | 'report'>;

export interface SweepResult {
  /** Requests that were ended. */
  readonly swept: number;
  /** That could not be: they are tried again by the next run. */
  readonly failed: number;
  /** Minutes between the last one looked at and now: more than one or two means that the sweep does not keep up. */
  readonly behindMinutes: number;
}

/** Minutes a run: a sweep that was away for a day has caught up after six. */
const MOST_MINUTES = 240;
/** Records at once. */
const PARALLEL = 8;
/** The record has the name of the model as it was asked for. */
const redactor = createRedactor();

/** `untilMs` is when this run must have come to an end. */
export async function sweep(upkeep: Sweeping, untilMs: number): Promise<SweepResult> {
  const { store, clock } = upkeep;
  const progress = await store.progress();
  const range = sweepRange(progress.cursor, clock.now(), MOST_MINUTES);
  const again = revisited(progress, clock.now());
  const unfinished: number[] = [];
  let swept = 0;
  let failed = 0;
  let { to } = range;
  const sweepMinute = async (minute: number): Promise<boolean> => {
    const ended = await inParallel(await store.due(minute), PARALLEL, (item) => end(upkeep, item));
    swept += ended.filter((outcome) => outcome === 'ended').length;
    failed += ended.filter((outcome) => outcome === 'failed').length;
    return ended.every((outcome) => outcome === 'ended');
  };
  for (let minute = range.from; minute <= range.to; minute += 1) {
    if (clock.now() >= untilMs) {
      to = minute - 1;
      break;
    }
    if (!(await sweepMinute(minute))) unfinished.push(minute);
  }
  await store.remember('ADD', givenUp(unfinished, clock.now()));
  await store.moveCursor(nextCursor({ ...range, to }, unfinished, clock.now()));
  const done: number[] = [];
  for (const minute of again) {
    if (clock.now() >= untilMs) break;
    if (await sweepMinute(minute)) done.push(minute);
  }
  await store.remember('DELETE', done);
  return { swept, failed, behindMinutes: Math.floor(clock.now() / 60_000) - to };
}

type Outcome = 'ended' | 'failed' | 'claimed';

async function end({ store, clock, log, report }: Sweeping, item: Item): Promise<Outcome> {
  try {
    const record = parseOpenRecord(item);
    const decision = await store.claim(record, clock.now());
    if (decision === undefined) return 'claimed';
    const { requestId, startedAtMs, about } = record;
    const reservedNano = decision.raises.reduce((sum, nano) => sum + nano, record.costNano);
    const lost = { requestId, startedAtMs, about, reservedNano, costNano: decision.costNano };
    const row = redactRow(lostRow(lost, GATEWAY_VERSION), redactor, 'metadata');
    await store.release(record, decision, clock.now());
    // A part of a request has no row: the request has one.
    if (about.part === undefined) await log.write(row);
    await store.close(record);
    return 'ended';
  } catch (thrown) {
    const { kind, message } = toGatewayError(thrown);
    report('error', 'A lost request could not be ended.', { requestId: item.sk?.S, kind, reason: message });
    return 'failed';
  }
}
