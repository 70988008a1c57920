/** The CLI's surroundings in a real process. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CliIo } from './context.ts';

export function createProcessIo(): CliIo {
  return {
    env: process.env,
    cwd: process.cwd(),
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    readSecret: () => (process.stdin.isTTY ? askHidden() : text(process.stdin)),
    out: (chunk) => void process.stdout.write(chunk),
    error: (chunk) => void process.stderr.write(chunk),
    now: () => Date.now(),
  };
}

/** readline echoes into its output: one that swallows everything hides what is typed. */
async function askHidden(): Promise<string> {
  process.stderr.write('Value (not shown): ');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await reader.question('');
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
