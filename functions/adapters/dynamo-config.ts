/** Reads what `config apply` published. */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { itemKey } from '../ledger/attributes.ts';
import { configKey } from '../table.ts';
import { type AppliedConfig, parseConfigItem } from './config-item.ts';
import { realWaiting, repeatable, type Waiting } from './dynamo-calls.ts';
import type { TableAccess } from './read-meter-items.ts';

export interface ConfigStore {
  /** The newest, or one by its number; undefined where there is none. Throws `ledger-unavailable`. */
  read(version?: number): Promise<AppliedConfig | undefined>;
}

export interface ConfigStoreOptions extends TableAccess {
  readonly waiting?: Waiting;
}

export function createConfigStore({ client, table, waiting = realWaiting }: ConfigStoreOptions): ConfigStore {
  return {
    async read(version) {
      const command = new GetItemCommand({
        TableName: table,
        Key: itemKey(configKey(version)),
        ConsistentRead: true,
      });
      const output = await repeatable('read the configuration', waiting, () => client.send(command));
      return output.Item === undefined ? undefined : parseConfigItem(output.Item);
    },
  };
}
