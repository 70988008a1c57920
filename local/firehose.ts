/**
 * Firehose on loopback: takes records with its limits and its partial failures, keeps them on disk, and delivers them
 * as Parquet into the folder layout of the bucket. Where the real one waits for 64 MB or minutes, this one delivers
 * every two seconds, and at once on `POST /flush`. `GET /stats` counts, `POST /faults` breaks it on purpose.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { type LakeTable, REQUESTS } from '../functions/records/lake-tables.ts';
import { AwsError, type Emulator, parseInput, startAwsJsonServer } from './aws-json.ts';
import { type FirehoseBuffer, openFirehoseBuffer } from './firehose-buffer.ts';
import { type BadRecord, deliver, writeBadRecords } from './firehose-delivery.ts';
import { createFaults, faultPlan } from './firehose-faults.ts';
import { splitJson } from './split-json.ts';

export interface FirehoseOptions {
  readonly host?: string;
  readonly port: number;
  readonly lakeDir: string;
  /** Where records wait for delivery. */
  readonly bufferDir: string;
  /** The delivery streams that exist, and the table of the log that each ends in. */
  readonly streams: { readonly [name: string]: LakeTable };
  readonly flushMs?: number;
}

const MAX_RECORD_BYTES = 1_000 * 1_024;
const MAX_BATCH_RECORDS = 500;
const MAX_BATCH_BYTES = 4 * 1_024 * 1_024;
const SLOW_DOWN = 'Slow down.';

const record = z.object({ Data: z.string() });
const putRecord = z.object({ DeliveryStreamName: z.string(), Record: record });
const putRecordBatch = z.object({
  DeliveryStreamName: z.string(),
  Records: z.array(record).check(z.minLength(1), z.maxLength(MAX_BATCH_RECORDS)),
});

export interface FirehoseStats {
  /** Calls that came in, refused ones included. */
  readonly calls: number;
  /** Records acknowledged, and refused one by one. */
  readonly records: number;
  readonly refusedRecords: number;
  /** Bytes acknowledged that wait for delivery. */
  readonly bufferedBytes: number;
  /** Rows and files delivered, and records that are at the error prefix instead. */
  readonly rows: number;
  readonly files: number;
  readonly badRecords: number;
}

export async function startFirehose(options: FirehoseOptions): Promise<Emulator> {
  const { lakeDir, streams, flushMs = 2_000 } = options;
  const buffers = new Map(
    Object.entries(streams).map(([name, table]) => {
      // The folder itself has always been that of the requests.
      const dir = table === REQUESTS ? options.bufferDir : join(options.bufferDir, table.name);
      return [name, { table, buffer: openFirehoseBuffer(dir) }];
    }),
  );
  const faults = createFaults();
  const count = { calls: 0, records: 0, refusedRecords: 0, rows: 0, files: 0, badRecords: 0 };

  const flushOnce = async () => {
    const done = { rows: 0, files: 0, badRecords: 0 };
    for (const { table, buffer } of buffers.values()) {
      for (const ready of buffer.ready()) {
        const { rows, files, badRecords } = await deliver(ready, lakeDir, table);
        buffer.delivered(ready);
        done.rows += rows;
        done.files += files.length;
        done.badRecords += badRecords;
      }
    }
    count.rows += done.rows;
    count.files += done.files;
    count.badRecords += done.badRecords;
    return done;
  };
  // One at a time: two would deliver the same file twice.
  let last: Promise<unknown> = Promise.resolve();
  const flush = () => {
    const next = last.then(flushOnce);
    last = next.catch(() => undefined); // The caller has the failure; those behind it try for themselves.
    return next;
  };

  const admit = async (stream: string): Promise<FirehoseBuffer> => {
    count.calls += 1;
    const found = buffers.get(stream);
    if (found === undefined) {
      throw new AwsError('ResourceNotFoundException', `Firehose ${stream} under account 000000000000 not found.`);
    }
    if (await faults.onCall()) throw new AwsError('ServiceUnavailableException', SLOW_DOWN, 503);
    return found.buffer;
  };
  const keep = async (buffer: FirehoseBuffer, data: readonly Buffer[]): Promise<void> => {
    const day = new Date().toISOString().slice(0, 10);
    const bad: BadRecord[] = [];
    let lines = '';
    for (const bytes of data) {
      const text = bytes.toString('utf8');
      const split = splitJson(text);
      if (split === undefined) bad.push({ text, reason: 'The record is not JSON objects, one after another.' });
      else lines += split.map((line) => `${line}\n`).join('');
    }
    if (lines !== '') buffer.append(lines, day);
    await writeBadRecords(lakeDir, day, randomUUID(), bad);
    count.records += data.length;
    count.badRecords += bad.length;
  };

  const emulator = await startAwsJsonServer({
    ...options,
    target: 'Firehose_20150804',
    operations: {
      async PutRecord(input) {
        const { DeliveryStreamName, Record } = parseInput(putRecord, input);
        const data = decode(Record.Data, 'record.data');
        const buffer = await admit(DeliveryStreamName);
        if (faults.onRecord()) {
          count.refusedRecords += 1;
          throw new AwsError('ServiceUnavailableException', SLOW_DOWN, 503);
        }
        await keep(buffer, [data]);
        return { RecordId: randomUUID(), Encrypted: false };
      },
      async PutRecordBatch(input) {
        const { DeliveryStreamName, Records } = parseInput(putRecordBatch, input);
        const data = Records.map((item, index) => decode(item.Data, `records.${index + 1}.member.data`));
        if (data.reduce((sum, bytes) => sum + bytes.length, 0) > MAX_BATCH_BYTES) {
          throw new AwsError('InvalidArgumentException', 'Records size exceeds 4 MB limit');
        }
        const buffer = await admit(DeliveryStreamName);
        const refused = data.map(() => faults.onRecord());
        const failures = refused.filter(Boolean).length;
        count.refusedRecords += failures;
        await keep(
          buffer,
          data.filter((_, index) => !refused[index]),
        );
        return {
          FailedPutCount: failures,
          Encrypted: false,
          RequestResponses: refused.map((fails) =>
            fails ? { ErrorCode: 'ServiceUnavailableException', ErrorMessage: SLOW_DOWN } : { RecordId: randomUUID() },
          ),
        };
      },
    },
    routes: {
      'POST /flush': flush,
      'POST /faults': (input) => faults.plan(parseInput(faultPlan, input)),
      'GET /stats': (): FirehoseStats => ({ ...count, bufferedBytes: sizeOf(buffers) }),
    },
  });

  let reported = '';
  const flushAndReport = async (): Promise<void> => {
    try {
      await flush();
      reported = '';
    } catch (error) {
      // Nothing is lost: what could not be delivered stays in the buffer. Said once, not every two seconds.
      const message = error instanceof Error ? error.message : String(error);
      if (message !== reported) process.stderr.write(`Firehose could not deliver, and tries again: ${message}\n`);
      reported = message;
    }
  };
  let running = flushAndReport(); // What an earlier process has acknowledged.
  const timer = setInterval(() => {
    running = running.then(flushAndReport);
  }, flushMs);

  return {
    url: emulator.url,
    async close() {
      clearInterval(timer);
      await emulator.close();
      await running;
      await flushAndReport();
    },
  };
}

function sizeOf(buffers: ReadonlyMap<string, { readonly buffer: FirehoseBuffer }>): number {
  return [...buffers.values()].reduce((sum, { buffer }) => sum + buffer.size(), 0);
}

function decode(data: string, path: string): Buffer {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length <= MAX_RECORD_BYTES) return bytes;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${path}' failed to satisfy constraint: Member must have length less than or equal to ${MAX_RECORD_BYTES}`,
  );
}
