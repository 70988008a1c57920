/** What every command gets: where the data is, how to print. Nothing below `cli/` touches `process` but through it. */
import { resolve } from 'node:path';
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
  readonly debug?: boolean;
}

export interface CliContext {
  readonly io: CliIo;
  /** Absolute. */
  dataDir(): string;
  /** What local.json says; throws a `CliError` where the stack was never started. It need not be running now. */
  local(): LocalInfo;
  json(): boolean;
  /** One or more lines to standard output; the last line feed is added. */
  print(text: string): void;
  /** The value as one line of JSON where `--json` was given, the text otherwise. */
  show(value: unknown, text: () => string): void;
}

/** `options` is asked late: commander has read the command line only when a command runs. */
export function createContext(io: CliIo, options: () => GlobalOptions): CliContext {
  const dataDir = () => resolve(io.cwd, options().data ?? (io.env.TOLLGATE_DATA || '.tollgate'));
  const json = () => options().json === true;
  const print = (text: string) => io.out(text.endsWith('\n') ? text : `${text}\n`);
  return {
    io,
    dataDir,
    json,
    print,
    local: () => readLocalInfo(dataDir()),
    show: (value, text) => print(json() ? JSON.stringify(value) : text()),
  };
}
