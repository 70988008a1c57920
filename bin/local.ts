#!/usr/bin/env node
import { explain, greeting } from '../local/messages.ts';
/** `npm start`: the gateway on this machine. */
import { readLocalOptions, USAGE } from '../local/options.ts';

const options = readLocalOptions(process.argv.slice(2), process.env);
if (options.action === 'help') {
  process.stdout.write(USAGE);
} else if (options.action === 'refuse') {
  process.stderr.write(`${options.reason}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  // Loaded only now: `--help` and a misspelt option answer at once.
  const { startLocal } = await import('../local/start.ts');
  try {
    const stack = await startLocal({ ...options.start, env: process.env });
    stopOnSignal(stack);
    process.stdout.write(greeting(stack, options.start.data));
  } catch (error) {
    process.stderr.write(`${explain(error, options.start)}\n`);
    process.exit(1); // Parts that failed half-way may hold the event loop; everything on disk is consistent.
  }
}

/** The first signal lets requests finish and rows land; a second one does not wait. */
function stopOnSignal(stack: { close(): Promise<void> }): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(130);
    stopping = true;
    process.stderr.write(`${signal}: finishing requests and delivering rows …\n`);
    stack.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}
