/**
 * The upkeep function in a process of its own. Each line of its input is an event; each is answered with a line: what it
 * failed with, or nothing.
 */
import { createInterface } from 'node:readline';
import { handler } from '../../functions/upkeep/handler.ts';

const LONGEST_MS = 55_000;

for await (const line of createInterface(process.stdin)) {
  const untilMs = Date.now() + LONGEST_MS;
  const failure = await handler(JSON.parse(line), { getRemainingTimeInMillis: () => untilMs - Date.now() }).then(
    () => '',
    (error: unknown) => String(error),
  );
  console.log(JSON.stringify({ answer: failure }));
}
