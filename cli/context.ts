/** What every command gets: where the data is, how to print. Nothing below `cli/` touches `process` but through it. */
import { resolve } from 'node:path';
import { type DeployedStack, findDeployedStack } from './deployed-stack.ts';
import { CliError } from './errors.ts';
import { type LocalInfo, readLocalInfo } from './local-info.ts';

export type { LocalInfo } from './local-info.ts';

/** The process around the CLI, so that tests can run it within their own. */
export interface CliIo {
  readonly env: { readonly [name: string]: string | undefined };
  readonly cwd: string;
  /** Columns of the terminal; undefined where standard output is a file or a pipe. */
  readonly columns: number | undefined;
  /** All of standard input; at a terminal, one line that is not echoed. */
  readSecret(): Promise<string>;
  out(text: string): void;
  error(text: string): void;
  now(): number;
}

/** The options in front of every command. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly data?: string;
  readonly stack?: string;
  readonly debug?: boolean;
}

export interface CliContext {
  readonly io: CliIo;
  /** Absolute. */
  dataDir(): string;
  /** What the commands act on: the stack that `--stack` names, the local one otherwise. */
  stack(): Promise<Stack>;
  /** What local.json says; throws a `CliError` where the stack was never started. It need not be running now. */
  local(): LocalInfo;
  isDeployed(): boolean;
  json(): boolean;
  /** One or more lines to standard output; the last line feed is added. */
  print(text: string): void;
  /** The value as one line of JSON where `--json` was given, the text otherwise. */
  show(value: unknown, text: () => string): void;
}

export type Stack = DeployedStack | (LocalInfo & { readonly kind: 'local' });

/** `options` is asked late: commander has read the command line only when a command runs. */
export function createContext(io: CliIo, options: () => GlobalOptions): CliContext {
  const dataDir = () => resolve(io.cwd, options().data ?? (io.env.TOLLGATE_DATA || '.tollgate'));
  const json = () => options().json === true;
  let found: Promise<Stack> | undefined;
  const find = async (): Promise<Stack> => {
    const { stack, data } = options();
    if (stack === undefined) return { kind: 'local', ...readLocalInfo(dataDir()) };
    if (data !== undefined) throw new CliError('Give --stack or --data, not both.', { exitCode: 2 });
    return findDeployedStack(stack, io);
  };
  const print = (text: string) => io.out(text.endsWith('\n') ? text : `${text}\n`);
  return {
    io,
    dataDir,
    isDeployed: () => options().stack !== undefined,
    json,
    print,
    local: () => {
      const { stack } = options();
      if (stack === undefined) return readLocalInfo(dataDir());
      throw new CliError(`This command is for the local stack: leave --stack ${stack} out.`, { exitCode: 2 });
    },
    stack: () => {
      // One look-up a command, however many parts of it ask.
      found ??= find();
      return found;
    },
    show: (value, text) => print(json() ? JSON.stringify(value) : text()),
  };
}
