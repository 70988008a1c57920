import type { TableAccess } from '../functions/adapters/read-meter-items.ts';
import type { CliContext } from './context.ts';

/** Does something with the table, and lets go of the connection, which would keep the process alive. */
export async function useTable<T>(context: CliContext, work: (access: TableAccess) => Promise<T>): Promise<T> {
  const stack = await context.stack();
  const { dynamoClient } = await import('./clients.ts');
  const client = dynamoClient(stack);
  try {
    return await work({ client, table: stack.table });
  } finally {
    client.destroy();
  }
}
