/**
 * A gateway and an upkeep, each in a process of its own and with credentials of its own, through everything that makes
 * them call AWS. Gives the calls.
 */
import { readFileSync } from 'node:fs';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { applyConfig } from '../../../functions/adapters/config-admin.ts';
import { parseConfig } from '../../../functions/core/config.ts';
import { ENV, LOG_ENV } from '../../../functions/env.ts';
import { startSimulatedProviders } from '../../../local/providers/index.ts';
import { startAthena } from '../athena.ts';
import { type AwsCall, startCallRecorder } from '../call-recorder.ts';
import { createChatUpstream } from '../chat-upstream.ts';
import { adminOf, type Fleet, startFleet } from '../gateway-fleet.ts';
import { askGateway, type Statuses } from './ask-gateway.ts';
import { configOf } from './config.ts';
import { runUpkeep } from './run-upkeep.ts';

export interface Run {
  /** By `gateway` and `upkeep`. */
  readonly calls: readonly AwsCall[];
  readonly environment: { readonly [name: string]: string };
  readonly statuses: Statuses;
  readonly upkeep: { readonly [event: string]: string };
  /** Items of the table that say no version of its layout. */
  readonly unversioned: readonly string[];
}

const DYNAMODB = 'AWS_ENDPOINT_URL_DYNAMODB';
const FIREHOSE = 'AWS_ENDPOINT_URL_FIREHOSE';
const SECRETS = 'AWS_ENDPOINT_URL_SECRETS_MANAGER';
const ORIGIN = 'what-only-cloudfront-knows';

/** `deployed`: what only the deployment says, as variables. */
export async function runEveryFeature(deployed: { readonly [name: string]: string }): Promise<Run> {
  const closers: (() => Promise<unknown>)[] = [];
  const opened = <T extends { close(): Promise<unknown> }>(part: T): T => {
    closers.unshift(() => part.close());
    return part;
  };
  try {
    const providers = opened(await startSimulatedProviders());
    const models = opened(await startCallRecorder([providers.url]));
    const fleet = opened(await startFleet(createChatUpstream().handle, configOf(`${models.urls[0]}/bedrock`)));
    const workgroup = deployed[LOG_ENV.workgroup] ?? '';
    const athena = opened(await startAthena({ lakeDir: fleet.lakeDir, workgroup }));
    const behind = [DYNAMODB, FIREHOSE, SECRETS].map((name) => fleet.environment[name] ?? '');
    const recorder = opened(await startCallRecorder([...behind, athena.url]));
    const [dynamodb = '', firehose = '', secrets = '', queries = ''] = recorder.urls;
    const environment = {
      ...fleet.environment,
      ...deployed,
      [DYNAMODB]: dynamodb,
      [FIREHOSE]: firehose,
      [SECRETS]: secrets,
      AWS_ENDPOINT_URL_ATHENA: queries,
    };
    await storeOrigin(fleet, deployed[ENV.originSecret] ?? '');
    await applyAnew(fleet);
    const gateway = await fleet.start({ patient: true, env: { ...environment, AWS_ACCESS_KEY_ID: 'gateway' } });
    const access = adminOf(fleet.table);
    const statuses = await askGateway({ url: gateway.url, access, origin: ORIGIN });
    const upkeep = await runUpkeep({ ...environment, AWS_ACCESS_KEY_ID: 'upkeep' }, access);
    const items = await fleet.table.items();
    return {
      calls: [...models.calls(), ...recorder.calls()],
      environment,
      statuses,
      upkeep,
      unversioned: items.filter(({ v }) => v === undefined).map(({ pk, sk }) => `${pk?.S} / ${sk?.S}`),
    };
  } finally {
    for (const close of closers) await close();
  }
}

async function storeOrigin({ environment }: Fleet, name: string): Promise<void> {
  const client = new SecretsManagerClient({
    endpoint: environment[SECRETS] ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const Name = `${environment[ENV.secretPrefix]}/${name}`;
  await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify({ keys: [ORIGIN] }) }));
  client.destroy();
}

/** The same configuration, by command instead of by deployment. */
async function applyAnew({ environment, table, deployed }: Fleet): Promise<void> {
  const parsed = parseConfig(JSON.parse(readFileSync(environment[ENV.configFile] ?? '', 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  await applyConfig({ ...adminOf(table), config: parsed.config, base: deployed, nowMs: Date.now() });
}
