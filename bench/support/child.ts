import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** How much of a child's output is kept, to say what went wrong. */
const MAX_OUTPUT_CHARS = 8_000;

export interface Child {
  /** The first group of the pattern, once the child has printed a line that has it. */
  until(pattern: RegExp, patienceMs: number): Promise<string>;
  /** An answer of the child's to one message. */
  ask(message: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Another Node process of this version, in the root folder, with this environment and nothing of the shell's keys. */
export function startChild(args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const process_: ChildProcess = spawn(process.execPath, [...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT_CHARS);
    for (const listener of listeners) listener();
  };
  process_.stdout?.on('data', keep);
  process_.stderr?.on('data', keep);
  const exited = new Promise<void>((resolve) => process_.once('exit', () => resolve()));
  const fail = (what: string): Error => new Error(`${what}: node ${args.join(' ')}\n${output}`);

  return {
    async until(pattern, patienceMs) {
      const found = new Promise<string>((resolve) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match !== null) resolve(match[1] ?? '');
        };
        listeners.add(look);
        look();
      });
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(fail(`Not ready after ${patienceMs} ms`)), patienceMs);
      });
      const early = exited.then(() => Promise.reject(fail('Ended before it was ready')));
      return Promise.race([found, late, early]).finally(() => clearTimeout(timer));
    },
    ask: (message) =>
      new Promise((resolve, reject) => {
        process_.once('message', resolve);
        process_.send(message, (error) => {
          if (error !== null) reject(fail(`Does not answer "${message}"`));
        });
      }),
    async stop() {
      if (process_.exitCode !== null || process_.signalCode !== null) return;
      process_.kill('SIGTERM');
      const cut = setTimeout(() => process_.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(cut);
    },
  };
}
