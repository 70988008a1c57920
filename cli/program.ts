/** The commands of `tollgate`, one file each. */
import { Command } from 'commander';
import { registerConfig } from './config.ts';
import { type CliIo, createContext, type GlobalOptions } from './context.ts';
import { registerCosts } from './costs.ts';
import { registerDataset } from './dataset.ts';
import { registerExperiments } from './experiments.ts';
import { registerKeys } from './keys.ts';
import { registerLogs } from './logs.ts';
import { registerPrices } from './prices.ts';
import { registerQuery } from './query.ts';
import { registerQuotas } from './quotas.ts';
import { registerSecrets } from './secrets.ts';

export function createProgram(io: CliIo, version: string): Command {
  const program = new Command('tollgate')
    .description('Keys, limits, secrets and costs of a Tollgate gateway.')
    .version(version)
    .option('--json', 'print JSON, for scripts')
    .option('--data <dir>', 'data folder of the local stack (default: $TOLLGATE_DATA or .tollgate)')
    .option('--stack <name>', 'a deployed stack, e.g. Tollgate, in the account and region of your AWS credentials')
    .option('--debug', 'print the whole error where something fails')
    .showHelpAfterError('(see: tollgate --help)')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.error, getOutHelpWidth: () => io.columns ?? 100 });
  const context = createContext(io, () => program.opts<GlobalOptions>());

  registerKeys(program, context);
  registerQuotas(program, context);
  registerSecrets(program, context);
  registerConfig(program, context);
  registerCosts(program, context);
  registerExperiments(program, context);
  registerPrices(program, context);
  registerQuery(program, context);
  registerLogs(program, context);
  registerDataset(program, context);
  return program;
}
