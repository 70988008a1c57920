import type { Lake } from '../local/lake.ts';
import type { CliContext, LocalInfo } from './context.ts';
import { isConnectionRefused } from './errors.ts';

/** The lake of the local stack, with what its Firehose still held: the rows of the last seconds. */
export async function openLocalLake(local: LocalInfo, context: CliContext): Promise<Lake> {
  await flush(local.endpoints.firehose, context);
  // DuckDB is a native library of 60 MB: only the commands that need it load it.
  const { openLake } = await import('../local/lake.ts');
  return openLake(local.lake);
}

/** Where the stack is not running, what is on disk is all there is; anything else is worth a word. */
async function flush(firehose: string, context: CliContext): Promise<void> {
  try {
    const reply = await fetch(`${firehose}/flush`, { method: 'POST', signal: AbortSignal.timeout(10_000) });
    const text = await reply.text();
    if (!reply.ok) context.io.error(`The latest rows are missing: Firehose answered ${reply.status} ${text}\n`);
  } catch (error) {
    if (isConnectionRefused(error)) return;
    // fetch says no more than "fetch failed": the reason is in its cause.
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    context.io.error(`The latest rows may be missing: ${reason instanceof Error ? reason.message : String(reason)}\n`);
  }
}
