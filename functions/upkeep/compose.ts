/** The composition root of upkeep: environment → adapters. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { createAthenaSpendLog } from '../adapters/athena-spend-log.ts';
import { awsHandler } from '../adapters/aws-handler.ts';
import { readConfigFile } from '../adapters/config-file.ts';
import { createConfigStore } from '../adapters/dynamo-config.ts';
import { createDynamoLoads } from '../adapters/dynamo-loads.ts';
import { createReconcileStore } from '../adapters/dynamo-reconcile.ts';
import { createUpkeepStore } from '../adapters/dynamo-upkeep.ts';
import { fetchCatalogue } from '../adapters/fetch-catalogue.ts';
import { createFirehoseLog } from '../adapters/firehose-log.ts';
import { createLogLines } from '../adapters/log-lines.ts';
import { setLimits } from '../adapters/meter-admin.ts';
import { createPriceStore } from '../adapters/price-store.ts';
import type { SpendLog } from '../core/ports.ts';
import { PRICE_CATALOGUE, readLogEnvironment, readUpkeepEnvironment } from '../env.ts';
import { createSetups } from '../gateway/setups.ts';
import type { Upkeep } from './upkeep.ts';

/** `spendLog`: the request log where it can be asked otherwise than by Athena. */
export function composeUpkeep(env: { readonly [name: string]: string | undefined }, spendLog?: SpendLog): Upkeep {
  const environment = readUpkeepEnvironment(env);
  const { table, requestStream, metricsNamespace, configFile, priceCatalogue = PRICE_CATALOGUE } = environment;
  const clock = { now: () => Date.now() };
  const { report, lastResort } = createLogLines({ clock, namespace: metricsNamespace });
  const aws = { maxAttempts: 1, requestHandler: awsHandler() };
  const access = { client: new DynamoDBClient(aws), table };
  return {
    clock,
    store: createUpkeepStore(access),
    accounts: createReconcileStore(access),
    prices: createPriceStore(access),
    downloadPrices: priceCatalogue === 'off' ? undefined : () => fetchCatalogue(priceCatalogue),
    // Its calls may all be repeated: a query is started under a token.
    spendLog:
      spendLog ??
      createAthenaSpendLog({ client: new AthenaClient({ ...aws, maxAttempts: 3 }), ...readLogEnvironment(env), sleep }),
    setLimits: (scope, settings) => setLimits({ ...access, scope, ...settings }),
    log: createFirehoseLog({ client: new FirehoseClient(aws), stream: requestStream, lastResort }),
    loadReading:
      configFile === undefined
        ? undefined
        : {
            clock,
            loads: createDynamoLoads(access),
            // The one in force, as the gateways find it.
            config: createSetups({
              clock,
              report,
              store: createConfigStore(access),
              deployed: () => readConfigFile(configFile),
              build: (config) => config,
            }).current,
          },
    wait: (milliseconds) => sleep(milliseconds),
    report,
  };
}
