/** What an operator does with applied configurations. Never on the path of a request. */
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type { Config } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import { itemKey } from '../ledger/attributes.ts';
import { configKey } from '../table.ts';
import {
  type AppliedConfig,
  type ConfigAttributes,
  configItem,
  packConfig,
  parseConfigItem,
  unpackConfig,
} from './config-item.ts';
import { realWaiting, repeatable } from './dynamo-calls.ts';
import { createConfigStore } from './dynamo-config.ts';
import type { TableAccess } from './read-meter-items.ts';

/** Versions that can be gone back to. */
export const KEPT_VERSIONS = 50;

export interface ApplyOptions extends TableAccess {
  /** As it was written. */
  readonly config: Config;
  /** The version of the deployed configuration. */
  readonly base: string;
  /** Makes of what was written what is to be in force, e.g. for providers that are simulated. @default - the same */
  readonly adapt?: (config: Config) => Config;
  readonly note?: string;
  readonly nowMs: number;
}

/** Throws `conflict` where somebody else was faster. */
export async function applyConfig(options: ApplyOptions): Promise<AppliedConfig> {
  const { config, adapt = same } = options;
  const adapted = adapt(config);
  return publish(options, {
    body: packConfig(adapted),
    source: adapted === config ? undefined : packConfig(config),
    copyOf: undefined,
  });
}

export interface RollbackOptions extends Omit<ApplyOptions, 'config'> {
  /** 0 is the deployed configuration. @default - the one before that in force */
  readonly to?: number;
}

/** Publishes an older version anew, as the newest. Throws `not-found` where there is no such version, and `conflict`. */
export async function rollBackConfig(options: RollbackOptions): Promise<AppliedConfig> {
  const store = createConfigStore(options);
  const current = await store.read();
  if (current === undefined) throw noVersion('No configuration was ever applied: the deployed one is in force.');
  // Twice in a row goes back two: a version that is a copy stands where the original stood.
  const to = options.to ?? (current.copyOf ?? current.version) - 1;
  if (to < 0) throw noVersion('There is nothing before the deployed configuration, which is in force.');
  if (to === 0) return publish(options, { body: undefined, source: undefined, copyOf: 0 }, current);
  const found = to === current.version ? current : await store.read(to);
  if (found === undefined) {
    throw noVersion(`There is no version ${to} any more, or not yet: the last ${KEPT_VERSIONS} are kept.`);
  }
  const written = found.source ?? found.body;
  if (written === undefined) return publish(options, { body: undefined, source: undefined, copyOf: to }, current);
  const config = unpackVersion(written, to);
  const adapted = (options.adapt ?? same)(config);
  const source = adapted === config ? undefined : packConfig(config);
  return publish(options, { body: packConfig(adapted), source, copyOf: to }, current);
}

/** The newest first. */
export async function listConfigs({ client, table }: TableAccess): Promise<readonly AppliedConfig[]> {
  const found = new Map<number, AppliedConfig>();
  let start: ConfigAttributes | undefined;
  do {
    const command = new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: configKey().pk } },
      ConsistentRead: true,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    const output = await repeatable('list the configurations', realWaiting, () => client.send(command));
    // The one in force may have its copy among the older ones already.
    for (const each of (output.Items ?? []).map(parseConfigItem)) found.set(each.version, each);
    start = output.LastEvaluatedKey;
  } while (start !== undefined);
  return [...found.values()].sort((a, b) => b.version - a.version);
}

/**
 * The one in force is replaced on the condition that it still is what was seen, and copied to its number. The copy of the
 * one before is made first, where the process that wrote it died before it had made its own: nothing is ever half-done,
 * and nothing is lost that was in force.
 */
async function publish(
  options: Omit<ApplyOptions, 'config'>,
  what: Pick<AppliedConfig, 'body' | 'source' | 'copyOf'>,
  seen?: AppliedConfig,
): Promise<AppliedConfig> {
  const { client, table, base, note, nowMs } = options;
  const current = seen ?? (await createConfigStore(options).read());
  const version = (current?.version ?? 0) + 1;
  const next = { ...what, version, base, note, appliedAt: new Date(nowMs).toISOString() };
  const keep = async (applied: AppliedConfig): Promise<void> => {
    const copy = new PutItemCommand({ TableName: table, Item: configItem(applied, configKey(applied.version)) });
    await repeatable('keep the configuration', realWaiting, () => client.send(copy));
  };
  if (current !== undefined) await keep(current);
  const put = new PutItemCommand({
    TableName: table,
    Item: configItem(next, configKey()),
    ...(current === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'version = :seen', ExpressionAttributeValues: { ':seen': { N: String(version - 1) } } }),
  });
  try {
    await repeatable('write the configuration', realWaiting, () => client.send(put));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // Written by somebody else, or by this call, where the answer to its first try was lost.
    const now = await createConfigStore(options).read();
    if (now?.version !== version || now.appliedAt !== next.appliedAt || !sameBytes(now.body, next.body)) {
      throw new GatewayError(
        'conflict',
        'Somebody else has applied a configuration just now. Look at it, and try again.',
      );
    }
  }
  await keep(next);
  if (version > KEPT_VERSIONS) {
    const old = configKey(version - KEPT_VERSIONS);
    const forget = new DeleteItemCommand({ TableName: table, Key: itemKey(old) });
    await repeatable('forget an old configuration', realWaiting, () => client.send(forget));
  }
  return next;
}

function unpackVersion(body: Uint8Array, version: number): Config {
  try {
    return unpackConfig(body);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('invalid-request', `Version ${version} cannot be read by this Tollgate: ${reason}`, {
      cause,
    });
  }
}

function sameBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one, other) === 0;
}

const noVersion = (message: string): GatewayError => new GatewayError('not-found', message);

const same = (config: Config): Config => config;
