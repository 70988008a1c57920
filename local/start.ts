/**
 * The whole gateway in one process, for `npm start` and the end-to-end tests: the emulators, the simulated providers,
 * and the real handler behind a function URL. All state is in the data folder and survives a restart.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../functions/core/config.ts';
import { ENV } from '../functions/env.ts';
import { CONTENTS, FEEDBACK, REQUESTS } from '../functions/records/lake-tables.ts';
import { loadConfig } from '../lib/load-config.ts';
import { startDynamoDb } from './dynamodb.ts';
import { simulateMissing } from './effective-config.ts';
import { startFirehose } from './firehose.ts';
import { createFirstKey, type FirstKey } from './first-key.ts';
import { startFunctionUrl } from './function-url.ts';
import { type Environment, storeProviderKeys } from './provider-keys.ts';
import { startSimulatedProviders } from './providers/index.ts';
import { startSecretsManager } from './secrets-manager.ts';
import { startUpkeep } from './upkeep.ts';

export interface StartOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Path of the `gateway.yaml`. */
  readonly config: string;
  /** The data folder. */
  readonly data: string;
  /** Where provider keys are looked for. */
  readonly env?: Environment;
  /** Instead of the gateway's own handler, e.g. the bundle of it. */
  readonly handlerModule?: string;
  /** How often upkeep runs, in milliseconds; in the cloud it is every minute. @default 10_000 */
  readonly upkeepMs?: number;
}

export interface LocalStack {
  readonly url: string;
  readonly endpoints: {
    readonly dynamodb: string;
    readonly firehose: string;
    readonly secretsManager: string;
    readonly providers: string;
  };
  /** Providers that are answered by a simulation. */
  readonly simulated: readonly string[];
  readonly warnings: readonly string[];
  /** Made where the tables held none. */
  readonly firstKey: FirstKey | undefined;
  /** An alias to try: `smart`, or the first there is. */
  readonly model: string;
  close(): Promise<void>;
}

const REGION = 'us-east-1';
/** A Bedrock API key, as the AWS SDK reads it. */
const BEDROCK_KEY = 'AWS_BEARER_TOKEN_BEDROCK';
const TABLE_NAME = 'tollgate';
const REQUEST_STREAM = 'tollgate-requests';
const FEEDBACK_STREAM = 'tollgate-feedback';
const CONTENT_STREAM = 'tollgate-contents';
const STREAMS = { [REQUEST_STREAM]: REQUESTS, [FEEDBACK_STREAM]: FEEDBACK, [CONTENT_STREAM]: CONTENTS };
const SECRET_PREFIX = 'tollgate';
const OWN_HANDLER = fileURLToPath(new URL('../functions/gateway/handler.ts', import.meta.url));
const UPKEEP_MS = 10_000;

export async function startLocal(options: StartOptions): Promise<LocalStack> {
  const configured = loadConfig(options.config);
  const data = resolve(options.data);
  const paths = {
    tables: join(data, 'dynamodb'),
    lake: join(data, 'lake'),
    buffer: join(data, 'firehose'),
    secrets: join(data, 'secrets.json'),
    config: join(data, 'gateway.json'),
    info: join(data, 'local.json'),
  };
  await mkdir(data, { recursive: true }).catch((cause: unknown) => {
    throw new Error(`The data folder ${data} cannot be made: is there a file of that name?`, { cause });
  });

  // Closed in the order in which they must stop: first what takes requests, last what others write to.
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const stop of closers.splice(0).reverse()) await stop().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  const started = <T extends { close(): Promise<void> }>(part: T): T => {
    closers.push(() => part.close());
    return part;
  };
  try {
    // First, because its lock keeps a second process out of the whole folder.
    const dynamodb = started(await startDynamoDb({ port: 0, dir: paths.tables, table: TABLE_NAME }));
    const hasSecret = storeProviderKeys(paths.secrets, SECRET_PREFIX, options.env ?? {});
    const providers = started(await startSimulatedProviders());
    const bedrockKey = options.env?.[BEDROCK_KEY] || undefined;
    const baseUrls = {
      'openai-chat': providers.openaiBaseUrl,
      'openai-responses': providers.responsesBaseUrl,
      'anthropic-messages': providers.anthropicBaseUrl,
      gemini: providers.geminiBaseUrl,
      'bedrock-converse': providers.bedrockBaseUrl,
    };
    const effective = simulateMissing(configured, hasSecret, baseUrls, bedrockKey !== undefined);
    await replaceFile(paths.config, effective.config);
    const standIns = Object.fromEntries(
      effective.standInSecrets.map((name) => [`${SECRET_PREFIX}/${name}`, 'simulated']),
    );
    const secretsManager = started(await startSecretsManager({ port: 0, file: paths.secrets, standIns }));
    const firehose = started(
      await startFirehose({ port: 0, lakeDir: paths.lake, bufferDir: paths.buffer, streams: STREAMS }),
    );
    const endpoints = {
      dynamodb: dynamodb.url,
      firehose: firehose.url,
      secretsManager: secretsManager.url,
      providers: providers.url,
    };

    setEnvironment(endpoints, paths.config, bedrockKey);
    started(
      startUpkeep({
        everyMs: options.upkeepMs ?? UPKEEP_MS,
        lakeDir: paths.lake,
        flush: async () => void (await fetch(`${firehose.url}/flush`, { method: 'POST' })),
        env: process.env,
      }),
    );
    const gateway = started(
      await startFunctionUrl({ module: options.handlerModule ?? OWN_HANDLER, port: options.port }),
    );
    await replaceFile(paths.info, {
      gateway: gateway.url,
      pid: process.pid,
      region: REGION,
      endpoints,
      table: TABLE_NAME,
      requestStream: REQUEST_STREAM,
      feedbackStream: FEEDBACK_STREAM,
      contentStream: CONTENT_STREAM,
      secretPrefix: SECRET_PREFIX,
      lake: paths.lake,
      config: paths.config,
    });
    const firstKey = await createFirstKey(dynamodb.url, REGION, TABLE_NAME);
    return {
      url: gateway.url,
      endpoints,
      simulated: effective.simulated,
      warnings: effective.warnings,
      firstKey,
      model: aliasToTry(configured),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * What Lambda would set, before the handler is imported. The credentials are made up, and must win over what the shell
 * has: emulators check none, and real ones have no business on loopback. A profile would come before them. Bedrock has a key
 * of its own, which nothing else takes.
 */
function setEnvironment(endpoints: LocalStack['endpoints'], configFile: string, bedrockKey: string | undefined): void {
  delete process.env.AWS_PROFILE;
  delete process.env.AWS_SESSION_TOKEN;
  delete process.env[BEDROCK_KEY];
  if (bedrockKey !== undefined) process.env[BEDROCK_KEY] = bedrockKey;
  Object.assign(process.env, {
    [ENV.table]: TABLE_NAME,
    [ENV.requestStream]: REQUEST_STREAM,
    [ENV.feedbackStream]: FEEDBACK_STREAM,
    [ENV.contentStream]: CONTENT_STREAM,
    [ENV.secretPrefix]: SECRET_PREFIX,
    [ENV.configFile]: configFile,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_FIREHOSE: endpoints.firehose,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
  });
}

function aliasToTry({ models, providers }: Config): string {
  return 'smart' in models ? 'smart' : (Object.keys(models)[0] ?? `${Object.keys(providers)[0]}/MODEL`);
}

/** Whole or not at all: the CLI may read at any time. */
async function replaceFile(file: string, value: unknown): Promise<void> {
  const unfinished = `${file}.unfinished`;
  await writeFile(unfinished, `${JSON.stringify(value, null, 2)}\n`);
  await rename(unfinished, file);
}
