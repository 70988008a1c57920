/**
 * What Firehose has acknowledged and not delivered yet: files of JSON lines, one for each day of arrival.
 *
 * `2026-11-23.jsonl` is being written; flushing renames it to `2026-11-23.ID.ready.jsonl`, and it is deleted once its
 * Parquet file is in the lake. The Parquet file carries the same ID, so a crash between the two delivers the same file
 * again instead of the rows twice. Writes are synchronous (3 µs for a row of 2 kB): a record is in the kernel's hands
 * before it is acknowledged, and no flush can come between. Without fsync: this survives the process, not the machine.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface ReadyFile {
  readonly file: string;
  readonly id: string;
  /** Day of arrival, UTC: `2026-11-23`. */
  readonly day: string;
}

export interface FirehoseBuffer {
  /** Every line ends in a line feed. */
  append(lines: string, day: string): void;
  /** Bytes that are not ready for delivery yet. */
  size(): number;
  /** Closes what is being written, and lists everything to deliver, oldest first. */
  ready(): readonly ReadyFile[];
  delivered(file: ReadyFile): void;
}

const OPEN_NAME = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;
const READY_NAME = /^(\d{4}-\d{2}-\d{2})\.([^.]+)\.ready\.jsonl$/;
const LEFTOVER_NAME = /\.ready\.jsonl\.part/;

export function openFirehoseBuffer(dir: string): FirehoseBuffer {
  mkdirSync(dir, { recursive: true });
  for (const name of readdirSync(dir)) {
    if (LEFTOVER_NAME.test(name)) rmSync(join(dir, name)); // Of a delivery that a crash cut short; it is made again.
  }
  let open: { readonly descriptor: number; readonly day: string } | undefined;

  const close = (): void => {
    if (open !== undefined) closeSync(open.descriptor);
    open = undefined;
  };
  return {
    append(lines, day) {
      if (open?.day !== day) {
        close();
        open = { descriptor: openSync(join(dir, `${day}.jsonl`), 'a'), day };
      }
      const bytes = Buffer.from(lines);
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(open.descriptor, bytes, offset);
    },
    size: () => (open === undefined ? 0 : fstatSync(open.descriptor).size),
    ready() {
      close();
      for (const name of readdirSync(dir)) {
        const day = OPEN_NAME.exec(name)?.[1];
        if (day !== undefined) renameSync(join(dir, name), join(dir, `${day}.${randomUUID()}.ready.jsonl`));
      }
      return readdirSync(dir)
        .sort()
        .flatMap((name) => {
          const [, day, id] = READY_NAME.exec(name) ?? [];
          return day === undefined || id === undefined ? [] : [{ file: join(dir, name), day, id }];
        });
    },
    delivered: ({ file }) => rmSync(file, { force: true }),
  };
}
