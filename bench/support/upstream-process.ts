/** The simulated providers in a process of their own: both sides of a comparison go to the same one. */
import { startSimulatedProviders } from '../../local/providers/index.ts';

const providers = await startSimulatedProviders();
process.stdout.write(`upstream ${providers.url}\n`);
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
