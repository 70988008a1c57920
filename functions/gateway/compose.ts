/** The composition root: environment → adapters → gateway. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type AwsTimeouts, awsHandler } from '../adapters/aws-handler.ts';
import { createBreaker } from '../adapters/breaker.ts';
import { readConfigFile } from '../adapters/config-file.ts';
import { createTokenCounter } from '../adapters/count-tokens.ts';
import { realWaiting } from '../adapters/dynamo-calls.ts';
import { createConfigStore } from '../adapters/dynamo-config.ts';
import { createDynamoHealth } from '../adapters/dynamo-health.ts';
import { createDynamoIdempotency } from '../adapters/dynamo-idempotency.ts';
import { createDynamoKeyStore } from '../adapters/dynamo-keys.ts';
import { createDynamoLedger } from '../adapters/dynamo-ledger.ts';
import { createDynamoLoads } from '../adapters/dynamo-loads.ts';
import { createDynamoWaitingLine } from '../adapters/dynamo-waiting-line.ts';
import { createContentLog, createFeedbackLog, createFirehoseLog } from '../adapters/firehose-log.ts';
import { createLogLines } from '../adapters/log-lines.ts';
import { deployedCatalogue } from '../adapters/price-catalogue.ts';
import { createPriceSource } from '../adapters/price-source.ts';
import { createPriceReader } from '../adapters/price-store.ts';
import { createSecretStore } from '../adapters/secret-store.ts';
import { createUpstream } from '../adapters/upstream.ts';
import { readEnvironment } from '../env.ts';
import type { Gateway } from './gateway.ts';
import { configure, keepSetup } from './keep-setup.ts';
import { createKeyless } from './keyless.ts';
import { createLoadBoard } from './load-board.ts';
import { createOutputEstimates } from './output-estimates.ts';
import { createSetups } from './setups.ts';
import { createShadows } from './shadow.ts';
import { createHealthBoard } from './target-health.ts';

/** Under the 30 to 60 s after which idle hops cut a connection. */
const PING_MS = 15_000;

/** DynamoDB answers within 10 ms, or it is not going to: what waits longer makes every request of an outage slow. */
const TABLE_TIMEOUTS = { connectMs: 1_000, requestMs: 2_000 };

export interface ComposeOptions {
  /** @default - what fits the time that a request has */
  readonly tableTimeouts?: AwsTimeouts;
}

export function composeGateway(
  env: { readonly [name: string]: string | undefined },
  { tableTimeouts = TABLE_TIMEOUTS }: ComposeOptions = {},
): Gateway {
  const environment = readEnvironment(env);
  const clock = { now: () => Date.now() };
  // One attempt a call: what may be repeated, and when, is the ledger's and the log's to know.
  const aws = { maxAttempts: 1, requestHandler: awsHandler() };
  const dynamo = new DynamoDBClient({ maxAttempts: 1, requestHandler: awsHandler(tableTimeouts) });
  const breaker = createBreaker({ now: () => performance.now(), random: Math.random });
  const table = { client: dynamo, table: environment.table, waiting: { ...realWaiting, breaker } };
  const secrets = createSecretStore({ client: new SecretsManagerClient(aws), prefix: environment.secretPrefix, clock });
  const firehose = new FirehoseClient(aws);
  const { originSecret } = environment;
  const { report, measure, lastResort } = createLogLines({ clock, namespace: environment.metricsNamespace });
  const setups = createSetups({
    clock,
    report,
    store: createConfigStore(table),
    deployed: () => readConfigFile(environment.configFile),
    build: configure,
  });
  const gateway: Gateway = {
    clock,
    keys: createDynamoKeyStore({
      ...table,
      trustsOldKeys: async () => (await gateway.setup()).config.onLedgerFailure === 'open',
    }),
    ledger: createDynamoLedger({
      ...table,
      warnHot: (scope, writesPerSecond, throttled) =>
        report('warn', 'A meter is written so often that it needs more shards.', {
          metric: 'HotMeter',
          scope,
          writesPerSecond,
          throttled,
        }),
    }),
    line: createDynamoWaitingLine(table),
    idempotency: createDynamoIdempotency(table),
    upstream: createUpstream({ secrets, clock, random: Math.random }),
    keyless: createKeyless({ secrets, clock, report }),
    tokens: createTokenCounter(),
    outputs: createOutputEstimates(),
    health: createHealthBoard({
      store: createDynamoHealth(table),
      clock,
      report,
      wait: async (milliseconds) => sleep(milliseconds, undefined, { ref: false }),
    }),
    loads: createLoadBoard({ store: createDynamoLoads(table), clock, report }),
    log: createFirehoseLog({ client: firehose, stream: environment.requestStream, lastResort }),
    feedback: createFeedbackLog({ client: firehose, stream: environment.feedbackStream, lastResort }),
    contents: createContentLog({
      client: firehose,
      stream: environment.contentStream,
      dropped: (requestId, reason) =>
        report('error', 'A content could not be kept.', { metric: 'LogDrop', requestId, reason }),
    }),
    setup: keepSetup(
      setups.current,
      createPriceSource({
        reader: createPriceReader({ client: dynamo, table: environment.table }),
        deployed: deployedCatalogue,
        clock,
        report,
      }),
    ),
    ...(originSecret === undefined
      ? {}
      : { originKeys: (options?: { readonly refresh: boolean }) => secrets.providerKeys(originSecret, options) }),
    settled: setups.settled,
    newId: () => randomBytes(18).toString('base64url'),
    random: Math.random,
    wait: async (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    report,
    shadows: createShadows(),
    measure,
    pingMs: PING_MS,
  };
  return gateway;
}
