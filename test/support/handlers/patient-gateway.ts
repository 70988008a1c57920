/**
 * The gateway, but for one thing: it waits for its table and its log as long as they take. On a machine that does much
 * else a hundred calls at once may take seconds, which is no fault of what is tested.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { awsHandler } from '../../../functions/adapters/aws-handler.ts';
import { createDynamoHealth } from '../../../functions/adapters/dynamo-health.ts';
import { createFirehoseLog } from '../../../functions/adapters/firehose-log.ts';
import { readEnvironment } from '../../../functions/env.ts';
import { composeGateway } from '../../../functions/gateway/compose.ts';
import { createHandler } from '../../../functions/gateway/create-handler.ts';
import { HEALTH_PATIENCE_MS } from '../../../functions/gateway/dispatch.ts';
import { createHealthBoard } from '../../../functions/gateway/target-health.ts';

const PATIENCE_MS = 60_000;
const timeouts = { connectMs: PATIENCE_MS, requestMs: PATIENCE_MS };
const aws = { maxAttempts: 1, requestHandler: awsHandler(timeouts) };
const environment = readEnvironment(process.env);
const gateway = composeGateway(process.env, { tableTimeouts: timeouts });
const health = createHealthBoard({
  store: createDynamoHealth({ client: new DynamoDBClient(aws), table: environment.table }),
  clock: gateway.clock,
  report: gateway.report,
  // Whoever does not wait for a lease may be the second probe.
  wait: () => new Promise(() => {}),
});
/** Whoever does not wait for what others have found asks a target that is broken. */
const wait: typeof gateway.wait = (ms, signal) => gateway.wait(ms === HEALTH_PATIENCE_MS ? PATIENCE_MS : ms, signal);
/** A row that comes late is no row on standard output. */
const log = createFirehoseLog({
  client: new FirehoseClient(aws),
  stream: environment.requestStream,
  deadlineMs: PATIENCE_MS,
});
export const handler = createHandler({ ...gateway, health, wait, log });
