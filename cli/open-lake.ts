import type { LakeResult } from '../local/lake.ts';
import type { CliContext } from './context.ts';

/** The request log, local or deployed. */
export interface OpenLake {
  /** One statement that reads, in the SQL that both engines share. */
  query(sql: string): Promise<LakeResult>;
  /** The same rows a few at a time, where the engine is at hand. */
  stream?(sql: string): AsyncIterable<LakeResult['rows']>;
  close(): void;
}

export async function openLake(context: CliContext): Promise<OpenLake> {
  const stack = await context.stack();
  if (stack.kind === 'deployed') return (await import('./open-athena.ts')).openAthena(stack, context);
  return (await import('./open-local-lake.ts')).openLocalLake(stack, context);
}
