import type { TableAccess } from '../functions/adapters/read-meter-items.ts';
import type { CliContext } from './context.ts';

/** Does something with the table, and lets go of the connection, which would keep the process alive. */
export async function useTable<T>(context: CliContext, work: (access: TableAccess) => Promise<T>): Promise<T> {
  const local = context.local();
  const { dynamoClient } = await import('./clients.ts');
  const client = dynamoClient(local);
  try {
    return await work({ client, table: local.table });
  } finally {
    client.destroy();
  }
}
