/** Runs a command line within the test's own process, with its output kept. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../cli/run.ts';
import { tempDir } from './temp-dir.ts';

export interface CommandOutput {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export interface CommandOptions {
  readonly env?: { readonly [name: string]: string };
  readonly cwd?: string;
  readonly secret?: string;
  readonly columns?: number;
  /** What the clock says; noon of 23 November 2026 where it does not matter. */
  readonly nowMs?: number;
}

export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandOutput> {
  let out = '';
  let error = '';
  const io = {
    env: options.env ?? {},
    cwd: options.cwd ?? tmpdir(),
    columns: options.columns,
    readSecret: async () => options.secret ?? '',
    out: (text: string) => {
      out += text;
    },
    error: (text: string) => {
      error += text;
    },
    now: () => options.nowMs ?? Date.parse('2026-11-23T12:00:00Z'),
  };
  const code = await runCli(args, io, '9.9.9');
  return { code, out, error };
}

/** A data folder whose local.json says so; nothing listens at its addresses unless told. */
export function dataFolder(overrides: { readonly [name: string]: unknown } = {}): string {
  const folder = tempDir();
  const paths = { lake: join(folder, 'lake'), config: join(folder, 'gateway.json') };
  writeFileSync(join(folder, 'local.json'), localInfo({ ...paths, ...overrides }));
  return folder;
}

/** What `npm start` leaves. */
export function localInfo(overrides: { readonly [name: string]: unknown }): string {
  // Port 1 is reserved and refuses at once.
  const nowhere = 'http://127.0.0.1:1';
  return JSON.stringify({
    gateway: nowhere,
    pid: 1,
    region: 'us-east-1',
    endpoints: { dynamodb: nowhere, firehose: nowhere, secretsManager: nowhere, providers: nowhere },
    table: 'tollgate',
    requestStream: 'tollgate-requests',
    feedbackStream: 'tollgate-feedback',
    contentStream: 'tollgate-contents',
    secretPrefix: 'tollgate',
    ...overrides,
  });
}
