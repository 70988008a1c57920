/**
 * The request log's way out. A row is handed to Firehose while its request still runs (Lambda freezes what is not
 * awaited), but never for longer than a bound, and what Firehose does not take goes to standard output, from where
 * `tollgate logs recover` can replay it: a request never fails, and no row is lost in silence, because logging does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type FirehoseClient, FirehoseServiceException, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import type { RequestLog } from '../core/ports.ts';
import type { ContentRow } from '../records/content-row.ts';
import type { FeedbackRow } from '../records/feedback-row.ts';
import { formatContent, formatFeedback, formatRow } from '../records/format-row.ts';
import type { Row } from '../records/row.ts';
import { trimRow } from '../records/trim-row.ts';

export interface FirehoseLogOptions {
  /** With `maxAttempts: 1`: the retries are here, and those of the SDK would multiply them. */
  readonly client: FirehoseClient;
  readonly stream: string;
  /** The longest that a row may hold up its request, waiting and retries included. */
  readonly deadlineMs?: number;
  readonly attempts?: number;
  /** Full jitter: each pause is a random part of this, doubled with every attempt. */
  readonly backoffMs?: number;
  /** Where rows go that Firehose did not take; one JSON line each. */
  readonly lastResort?: (line: string) => void;
}

type Kind = 'row' | 'feedback' | 'content';

interface Waiting {
  readonly id: string;
  readonly line: string;
  readonly bytes: Uint8Array;
  /** By the monotonic clock. */
  readonly deadline: number;
  readonly done: () => void;
}

/** A record takes 1,000 KiB, its line feed included. */
const RECORD_BYTES = 1_000 * 1024;

/** PutRecordBatch takes 500 records and 4 MiB; a little less, because the limit counts the whole request. */
const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * 1024 * 1024 - 64 * 1024;

interface Format<R> {
  /** What a line of the last resort says that it is. */
  readonly kind: Kind;
  id(row: R): string;
  /** One JSON line, without its line feed, that fits a record. */
  line(row: R): string;
}

const ROWS: Format<Row> = { kind: 'row', id: (row) => row.request_id ?? '', line: formatFitting };
type Dropped = (item: Waiting, reason: string) => void;

const CONTENTS: Format<ContentRow> = { kind: 'content', id: (row) => row.request_id, line: formatContent };
const FEEDBACK: Format<FeedbackRow> = { kind: 'feedback', id: (row) => row.feedback_id, line: formatFeedback };

export const createFirehoseLog = (options: FirehoseLogOptions): RequestLog<Row> => createLog(options, ROWS);

export const createFeedbackLog = (options: FirehoseLogOptions): RequestLog<FeedbackRow> => createLog(options, FEEDBACK);

/** A line of the last resort, to be sent once more as it is. */
export interface ReplayLine {
  readonly kind: Exclude<Kind, 'content'>;
  /** Of the request, or of the feedback. */
  readonly id: string;
  readonly line: string;
}

export function createReplayLog(options: FirehoseLogOptions, kind: ReplayLine['kind']): RequestLog<ReplayLine> {
  return createLog(options, { kind, id: (row) => row.id, line: (row) => row.line });
}

export interface ContentLogOptions extends Omit<FirehoseLogOptions, 'lastResort'> {
  /** What Firehose did not take is gone: standard output is no place for what people wrote. */
  readonly dropped: (requestId: string, reason: string) => void;
}

export function createContentLog({ dropped, ...options }: ContentLogOptions): RequestLog<ContentRow> {
  return createLog(options, CONTENTS, (item, reason) => dropped(item.id, reason));
}

/**
 * Rows that come while a call is in flight wait and leave together in the next one: alone a row is one call, as
 * always on a function that serves one request at a time, and in a process that serves many, a hundred rows are one.
 */
function createLog<R>(options: FirehoseLogOptions, format: Format<R>, dropped?: Dropped): RequestLog<R> {
  const { client, stream, deadlineMs = 3_000, attempts = 4, backoffMs = 50 } = options;
  const lastResort = options.lastResort ?? ((line) => process.stdout.write(`${line}\n`));
  const giveUp: Dropped =
    dropped ??
    (({ line }, reason) =>
      lastResort(`{"tollgate":${JSON.stringify(format.kind)},"reason":${JSON.stringify(reason)},"row":${line}}`));
  const waiting: Waiting[] = [];
  let sending = false;

  async function drain(): Promise<void> {
    sending = true;
    for (let batch = takeBatch(waiting); batch !== undefined; batch = takeBatch(waiting)) await deliver(batch);
    sending = false;
  }

  async function deliver(batch: readonly [Waiting, ...Waiting[]]): Promise<void> {
    const [oldest] = batch;
    let left: readonly Waiting[] = batch;
    let failure = 'no attempt was made';
    // A row that waited behind a call that hung gets one short try of its own before it goes to the last resort.
    const signal = AbortSignal.timeout(Math.max(MINIMUM_TRY_MS, Math.floor(oldest.deadline - performance.now())));
    for (let attempt = 0; attempt < attempts && left.length > 0; attempt += 1) {
      try {
        if (attempt > 0) await sleep(Math.random() * backoffMs * 2 ** attempt, undefined, { signal });
        const result = await put(left, signal);
        failure = result.failure;
        for (const item of left) if (!result.refused.includes(item)) item.done();
        left = result.refused;
      } catch (error) {
        failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        if (signal.aborted || !isTransient(error)) break;
      }
    }
    for (const item of left) {
      giveUp(item, failure);
      item.done();
    }
  }

  async function put(
    items: readonly Waiting[],
    signal: AbortSignal,
  ): Promise<{ readonly refused: readonly Waiting[]; readonly failure: string }> {
    const reply = await client.send(
      new PutRecordBatchCommand({ DeliveryStreamName: stream, Records: items.map((item) => ({ Data: item.bytes })) }),
      { abortSignal: signal },
    );
    // A batch answers 200 with some of its records refused: those, and only those, go again.
    if (!reply.FailedPutCount) return { refused: [], failure: '' };
    const answers = reply.RequestResponses ?? [];
    const refused = items.filter((_, index) => answers[index]?.ErrorCode !== undefined);
    const first = answers.find((answer) => answer.ErrorCode !== undefined);
    const failure = `${first?.ErrorCode ?? 'unknown'}: ${first?.ErrorMessage ?? `${reply.FailedPutCount} refused`}`;
    // Where it does not say which, all go again: a row twice is told by its id, a row lost is lost.
    return { refused: refused.length === 0 ? items : refused, failure };
  }

  return {
    write(row) {
      const line = format.line(row);
      const bytes = new TextEncoder().encode(`${line}\n`);
      return new Promise((done) => {
        waiting.push({ id: format.id(row), line, bytes, deadline: performance.now() + deadlineMs, done });
        if (!sending) void drain();
      });
    },
  };
}

const MINIMUM_TRY_MS = 250;

function formatFitting(row: Row): string {
  const line = formatRow(row);
  return Buffer.byteLength(line) < RECORD_BYTES ? line : formatRow(trimRow(row));
}

function takeBatch(waiting: Waiting[]): readonly [Waiting, ...Waiting[]] | undefined {
  const first = waiting.shift();
  if (first === undefined) return undefined;
  const batch: [Waiting, ...Waiting[]] = [first];
  let bytes = first.bytes.length;
  for (let next = waiting[0]; next !== undefined && batch.length < BATCH_RECORDS; next = waiting[0]) {
    bytes += next.bytes.length;
    if (bytes > BATCH_BYTES) break;
    batch.push(next);
    waiting.shift();
  }
  return batch;
}

/** No answer, a 5xx or throttling may pass; a stream that is not there, or not ours, will not within seconds. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof FirehoseServiceException)) return true;
  const status = error.$metadata.httpStatusCode ?? 500;
  return status >= 500 || status === 429 || /Throttl|LimitExceeded|TooManyRequests|RequestTimeout/.test(error.name);
}
