/** What `npm start` leaves in its data folder, so that other processes find its parts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { CliError, errorCode } from './errors.ts';

const localInfo = z.object({
  gateway: z.url(),
  pid: z.int(),
  region: z.string(),
  endpoints: z.object({ dynamodb: z.url(), firehose: z.url(), secretsManager: z.url(), providers: z.url() }),
  table: z.string(),
  requestStream: z.string(),
  feedbackStream: z.string(),
  contentStream: z.string(),
  secretPrefix: z.string(),
  /** The folder that holds `requests/dt=…/*.parquet`. */
  lake: z.string(),
  /** The checked configuration in force, as JSON. */
  config: z.string(),
});

export type LocalInfo = Readonly<z.output<typeof localInfo>>;

export function readLocalInfo(dataDir: string): LocalInfo {
  const file = join(dataDir, 'local.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw new CliError(`Cannot read ${file}: ${String(cause)}`, { cause });
    throw new CliError(`No local stack was ever started in ${dataDir}. Start it with: npm start`, { cause });
  }
  const result = z.safeParse(localInfo, parseJson(text, file));
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.join('.') ?? '';
  throw new CliError(`${file} lacks a valid "${path}". Start the local stack again to rewrite it: npm start`);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError(`${file} is not valid JSON. Start the local stack again to rewrite it: npm start`, { cause });
  }
}
