/**
 * Looks at the folder of the tables before dynalite opens it. dynalite does not wait for LevelDB to open and throws
 * from a callback when it fails, so what is wrong has to be found out, and said in words, first.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';

/** Another process has the folder. */
export class FolderBusyError extends Error {
  readonly dir: string;

  constructor(dir: string, options?: ErrorOptions) {
    super(`Another process is using ${dir}.`, options);
    this.name = 'FolderBusyError';
    this.dir = dir;
  }
}

/** Reads everything once (5 ms for 500 items, warm): garbage inside a file would otherwise show at a request. */
export async function checkDataFolder(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const marker = join(dir, 'DAMAGED');
  if (existsSync(marker)) throw lossyFolder(dir, marker, readFileSync(marker, 'utf8').trim());
  const files = readdirSync(dir);
  if (!files.includes('CURRENT') && files.some((name) => /^MANIFEST-|\.(ldb|log)$/.test(name))) {
    throw damagedFolder(dir, 'the file CURRENT is missing'); // LevelDB would start an empty database.
  }
  for (const name of files.filter((entry) => entry.endsWith('.log'))) {
    if (!isLevelLog(readFileSync(join(dir, name)))) throw damagedFolder(dir, `${name} is not a log of LevelDB`);
  }
  const database = new ClassicLevel<string, unknown>(dir, { valueEncoding: 'json' });
  try {
    await database.open();
    for await (const _item of database.iterator({ fillCache: false })) {
      // Reading and parsing is the check.
    }
  } catch (error) {
    if (codeOf(error) === 'LEVEL_LOCKED') throw new FolderBusyError(dir, { cause: error });
    throw damagedFolder(dir, reasonOf(error), error);
  } finally {
    await database.close();
  }
  const lost = lostBytes(join(dir, 'LOG'));
  if (lost === 0) return;
  const loss = `${lost} bytes of the newest changes could not be read`;
  writeFileSync(marker, `${loss}\n`);
  throw lossyFolder(dir, marker, loss);
}

/**
 * Whether records follow each other as they must: LevelDB takes a last block of garbage for one that a crash cut short,
 * and starts without it. (Format: blocks of 32 kB; a record is checksum 4, length 2, type 1, payload.)
 */
function isLevelLog(bytes: Buffer): boolean {
  const blockSize = 32_768;
  const headerSize = 7;
  const lastType = 4;
  let offset = 0;
  while (offset + headerSize <= bytes.length) {
    const room = blockSize - (offset % blockSize);
    if (room < headerSize) {
      offset += room; // The trailer of a block.
      continue;
    }
    const length = bytes.readUInt16LE(offset + 4);
    if (bytes.readUInt8(offset + 6) > lastType || headerSize + length > room) return false;
    offset += headerSize + length;
  }
  return true;
}

/**
 * LevelDB leaves out damaged parts of its log, rewrites it without them, and says so only in its own LOG. (A log that
 * merely ends too early, as after a crash, is no damage to it.)
 */
function lostBytes(log: string): number {
  let sum = 0;
  for (const [, bytes] of readFileSync(log, 'utf8').matchAll(/dropping (\d+) bytes; Corruption/g)) sum += Number(bytes);
  return sum;
}

function damagedFolder(dir: string, reason: string, cause?: unknown): Error {
  return new Error(
    `The tables in ${dir} cannot be read: ${reason}. They hold the keys and the meters. ` +
      'Put a copy of the folder back, or delete it to start with empty tables.',
    { cause },
  );
}

function lossyFolder(dir: string, marker: string, loss: string): Error {
  return new Error(
    `The tables in ${dir} are damaged: ${loss}. Keys may be missing and spend may be too low. ` +
      `Delete ${marker} to go on with what is left, or the folder to start with empty tables.`,
  );
}

/** abstract-level wraps what went wrong at opening. */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return error.cause === undefined ? ('code' in error ? error.code : undefined) : codeOf(error.cause);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
