/** The key that a newcomer's first request is made with. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createKey, listKeys } from '../functions/adapters/key-admin.ts';

export interface FirstKey {
  readonly id: string;
  readonly key: string;
  readonly team: string;
  readonly app: string;
  readonly budgetMonthUsd: number;
}

/** Undefined where there are keys already. Asked of the table, so that a start that broke off is made up for. */
export async function createFirstKey(endpoint: string, region: string, table: string): Promise<FirstKey | undefined> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region, credentials });
  try {
    if ((await listKeys({ client, table })).length > 0) return undefined;
    const team = 'demo';
    const app = 'quickstart';
    const budgetMonthUsd = 10;
    const { id, key } = await createKey({ client, table, team, app, limits: { budget_month_usd: budgetMonthUsd } });
    return { id, key, team, app, budgetMonthUsd };
  } finally {
    client.destroy();
  }
}
