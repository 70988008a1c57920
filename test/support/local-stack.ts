/** `npm start` as a process of its own, on free ports and with a data folder that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LocalInfo, readLocalInfo } from '../../cli/local-info.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface LocalStackOptions {
  /** The text of a `gateway.yaml`; the shipped one where there is none. */
  readonly config?: string;
  /** A data folder that outlives the process; where there is none, one of its own is made and removed. */
  readonly data?: string;
  /** Waits for its table without end: for tests that load it more than a busy machine takes in a second. */
  readonly patient?: boolean;
  /** Added to the environment, e.g. `OPENAI_API_KEY`. The provider keys of this shell are never passed on. */
  readonly env?: { readonly [name: string]: string };
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LocalStackProcess {
  /** Of the gateway, without a slash at its end. */
  readonly url: string;
  readonly data: string;
  readonly pid: number;
  /** The emulators' addresses and names. */
  readonly info: LocalInfo;
  /** What was printed so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Runs `tollgate ARGS` against this stack. A non-zero code is a result, not an error. */
  tollgate(...args: readonly string[]): Promise<CommandResult>;
  /** What `tollgate ARGS --json` prints; throws where it fails. */
  json<T>(...args: readonly string[]): Promise<T>;
  /** What a query finds: rows are written behind the answers, so it is asked until there are so many, or half a minute. */
  rows<T>(sql: string, atLeast?: number): Promise<readonly T[]>;
  /** `tollgate keys create FLAGS`. */
  createKey(...flags: readonly string[]): Promise<{ readonly id: string; readonly key: string }>;
  /** SIGKILL: as a crash. */
  kill(): Promise<void>;
  /** SIGTERM, and waits. Gives the exit code. */
  close(): Promise<number | null>;
}

export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStackProcess> {
  const own = options.data === undefined ? mkdtempSync(join(tmpdir(), 'tollgate-stack-')) : undefined;
  const data = options.data ?? own ?? '';
  const entry = options.patient === true ? 'test/support/patient-local.ts' : 'bin/local.ts';
  const args = ['--port', '0', '--data', data, ...configArguments(options, data)];
  const process = spawnLocal(entry, args, options.env);
  const removeOwn = (): void => {
    if (own !== undefined) rmSync(own, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const [, url = ''] = await process.until(/^Tollgate listening on (http:\/\/\S+)$/m, 30_000);
    const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
      process.child.kill(signal);
      const { code } = await process.exit;
      removeOwn();
      return code;
    };
    const tollgate: LocalStackProcess['tollgate'] = (...args) => runTollgate([...args, '--data', data], options.env);
    const json = async <T>(...args: readonly string[]): Promise<T> => {
      const { code, stdout, stderr } = await tollgate(...args, '--json');
      if (code !== 0) throw new Error(`tollgate ${args.join(' ')}: ${stderr}`);
      return JSON.parse(stdout) as T;
    };
    return {
      url,
      data,
      pid: process.child.pid ?? 0,
      info: readLocalInfo(data),
      output: process.output,
      tollgate,
      json,
      async rows<T>(sql: string, atLeast = 1): Promise<readonly T[]> {
        const deadline = Date.now() + 30_000;
        for (;;) {
          const found = await json<readonly T[]>('query', sql);
          if (found.length >= atLeast) return found;
          if (Date.now() > deadline) throw new Error(`There are ${found.length} rows, not ${atLeast}: ${sql}`);
        }
      },
      createKey: (...flags) => json('keys', 'create', ...flags),
      kill: async () => void (await stop('SIGKILL')),
      close: () => stop('SIGTERM'),
    };
  } catch (error) {
    process.child.kill('SIGKILL');
    await process.exit;
    removeOwn();
    throw error;
  }
}

/** `npm start` with any arguments, to its end: for starts that must fail. */
export async function runLocal(
  args: readonly string[],
  env: { readonly [name: string]: string } = {},
): Promise<CommandResult> {
  return runNode([join(root, 'bin/local.ts'), ...args], env);
}

/** `tollgate ARGS` as a process of its own. */
export async function runTollgate(
  args: readonly string[],
  env: { readonly [name: string]: string } = {},
): Promise<CommandResult> {
  return runNode([join(root, 'bin/tollgate.ts'), ...args], env);
}

function configArguments({ config }: LocalStackOptions, data: string): readonly string[] {
  if (config === undefined) return ['--config', join(root, 'gateway.yaml')];
  const file = join(data, 'gateway-under-test.yaml');
  writeFileSync(file, config);
  return ['--config', file];
}

function spawnLocal(entry: string, args: readonly string[], env: LocalStackOptions['env']) {
  const child = spawn(process.execPath, [join(root, entry), ...args], spawnOptions(env));
  return watch(child);
}

async function runNode(args: readonly string[], env: LocalStackOptions['env']): Promise<CommandResult> {
  return watch(spawn(process.execPath, args, spawnOptions(env))).exit;
}

function spawnOptions(env: LocalStackOptions['env'] = {}) {
  const { OPENAI_API_KEY: _a, ANTHROPIC_API_KEY: _b, GEMINI_API_KEY: _c, PORT: _d, ...inherited } = process.env;
  return { cwd: root, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
}

function watch(child: ChildProcess) {
  const collected = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    collected.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    collected.stderr += text;
  });
  const exit = new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...collected }));
  });
  const until = (pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`${why}\nstdout: ${collected.stdout}\nstderr: ${collected.stderr}`));
      const timer = setTimeout(() => fail(`nothing like ${String(pattern)} within ${timeoutMs} ms`), timeoutMs);
      const look = () => {
        const match = pattern.exec(collected.stdout);
        if (match === null) return;
        clearTimeout(timer);
        resolve(match);
      };
      child.stdout?.on('data', look);
      exit.then(({ code }) => {
        clearTimeout(timer);
        fail(`exited with ${String(code)}`);
      }, reject);
    });
  return { child, exit, until, output: () => ({ ...collected }) };
}
