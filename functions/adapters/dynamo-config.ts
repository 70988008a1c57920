/** Reads what `config apply` published. */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { itemKey } from '../ledger/attributes.ts';
import { configKey } from '../table.ts';
import { type AppliedConfig, parseConfigItem } from './config-item.ts';
import { classifyFailure, realWaiting, repeatable, unavailable, type Waiting } from './dynamo-calls.ts';
import type { TableAccess } from './read-meter-items.ts';

export interface ConfigStore {
  /** The newest, or one by its number; undefined where there is none. Throws `ledger-unavailable`. */
  read(version?: number): Promise<AppliedConfig | undefined>;
}

const ACTION = 'read the configuration';

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
      const output = await repeatable(ACTION, waiting, () => client.send(command)).catch((error: unknown) => {
        throw classifyFailure(error) === 'expression' ? unavailable(ACTION, error) : error;
      });
      return output.Item === undefined ? undefined : parseConfigItem(output.Item);
    },
  };
}
