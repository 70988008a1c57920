/** Runs one command line and gives the exit code: 0, 1 where it failed, 2 where it was typed wrong. */
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { GatewayError } from '../functions/core/errors.ts';
import type { CliIo } from './context.ts';
import { CliError, isConnectionRefused } from './errors.ts';
import { createProgram } from './program.ts';

/** `args` without the interpreter and the script. */
export async function runCli(args: readonly string[], io: CliIo, version: string): Promise<number> {
  const program = createProgram(io, version);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own already. Help that was asked for is not an error, help in place of a command is.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.error(`tollgate: ${describe(error)}\n`);
    if (program.opts<{ debug?: boolean }>().debug === true) io.error(`${inspect(error)}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}

function describe(error: unknown): string {
  if (error instanceof CliError) return error.message;
  if (isConnectionRefused(error)) return 'The local stack is not running. Start it with: npm start';
  // The ledger's own: a limit that cannot be, an item in the table that someone broke. They name what is wrong.
  if (error instanceof GatewayError) return error.message;
  return error instanceof Error ? `${error.message || error.name} (--debug shows more)` : String(error);
}
