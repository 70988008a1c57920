/** The composition root of upkeep: environment → adapters. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { awsHandler } from '../adapters/aws-handler.ts';
import { createUpkeepStore } from '../adapters/dynamo-upkeep.ts';
import { createFirehoseLog } from '../adapters/firehose-log.ts';
import { readUpkeepEnvironment } from '../env.ts';
import type { Upkeep } from './upkeep.ts';

export function composeUpkeep(env: { readonly [name: string]: string | undefined }): Upkeep {
  const { table, requestStream } = readUpkeepEnvironment(env);
  const aws = { maxAttempts: 1, requestHandler: awsHandler() };
  return {
    clock: { now: () => Date.now() },
    store: createUpkeepStore({ client: new DynamoDBClient(aws), table }),
    log: createFirehoseLog({ client: new FirehoseClient(aws), stream: requestStream }),
    report: (level, message, fields) => console.log(JSON.stringify({ level, message, ...fields })),
  };
}
