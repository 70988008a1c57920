/**
 * The parts that several gateways share (table, request log, secrets, upstream), and gateways as processes of their
 * own, as many as a test wants.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { configVersion } from '../../functions/adapters/config-file.ts';
import { createFirehoseLog } from '../../functions/adapters/firehose-log.ts';
import { parseConfig } from '../../functions/core/config.ts';
import type { RequestLog } from '../../functions/core/ports.ts';
import { ENV } from '../../functions/env.ts';
import { CONTENTS, FEEDBACK, REQUESTS } from '../../functions/records/lake-tables.ts';
import type { Row } from '../../functions/records/row.ts';
import { startFirehose } from '../../local/firehose.ts';
import { openLake } from '../../local/lake.ts';
import { closeServer, listen } from '../../local/listen.ts';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import { startTestTable, type TestTable } from './dynalite.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PATIENT = join(ROOT, 'test/support/handlers/patient-gateway.ts');
const STREAM = 'tollgate-requests';
const FEEDBACK_STREAM = 'tollgate-feedback';
const CONTENT_STREAM = 'tollgate-contents';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface GatewayProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** By SIGKILL: there is nothing to say goodbye to. */
  kill(): Promise<void>;
}

export interface Fleet {
  readonly table: TestTable;
  readonly log: RequestLog<Row>;
  /** `preload` is a module that is loaded before anything else; who is patient waits for the table without end. */
  start(options?: {
    readonly patient?: boolean;
    readonly preload?: string;
    readonly env?: { readonly [name: string]: string };
  }): Promise<GatewayProcess>;
  /** Each request once, as every query of ours counts them. */
  rows(where: string): Promise<readonly { readonly [column: string]: unknown }[]>;
  /** Of the whole log, copies included, as objects. */
  query(sql: string): Promise<readonly { readonly [column: string]: unknown }[]>;
  /** The version of the configuration that the gateways carry with them. */
  readonly deployed: string;
  readonly upstreamUrl: string;
  /** What the gateways are told. */
  readonly environment: { readonly [name: string]: string };
  readonly lakeDir: string;
  close(): Promise<void>;
}

/** An upstream of the test's own, in OpenAI's dialect. */
export type Upstream = (request: IncomingMessage, response: ServerResponse) => void;

/** Every configuration has the provider `upstream`, whose secret is `upstream`, before its own. */
export async function startFleet(
  upstream: Upstream,
  config: { readonly providers?: object; readonly [name: string]: unknown },
): Promise<Fleet> {
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-fleet-'));
  const table = await startTestTable({ apart: true });
  const firehose = await startFirehose({
    port: 0,
    lakeDir: join(dir, 'lake'),
    bufferDir: join(dir, 'firehose'),
    streams: { [STREAM]: REQUESTS, [FEEDBACK_STREAM]: FEEDBACK, [CONTENT_STREAM]: CONTENTS },
  });
  const secrets = await startSecretsManager({
    port: 0,
    file: join(dir, 'secrets.json'),
    standIns: { 'tollgate/upstream': 'sk-upstream' },
  });
  const server = createServer(upstream);
  const baseUrl = `${await listen(server, { port: 0 })}/v1`;
  const own = { upstream: { dialect: 'openai-chat', baseUrl, secret: 'upstream' } };
  const parsed = parseConfig({ ...config, providers: { ...own, ...config.providers } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const configText = JSON.stringify(parsed.config);
  writeFileSync(join(dir, 'gateway.json'), configText);
  const environment = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    AWS_ENDPOINT_URL_FIREHOSE: firehose.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    [ENV.table]: table.table,
    [ENV.requestStream]: STREAM,
    [ENV.feedbackStream]: FEEDBACK_STREAM,
    [ENV.contentStream]: CONTENT_STREAM,
    [ENV.secretPrefix]: 'tollgate',
    [ENV.configFile]: join(dir, 'gateway.json'),
  };
  const processes: GatewayProcess[] = [];
  const logClient = new FirehoseClient({ endpoint: firehose.url, region: 'us-east-1', credentials: CREDENTIALS });

  const query: Fleet['query'] = async (sql) => {
    await fetch(`${firehose.url}/flush`, { method: 'POST' });
    const lake = await openLake(join(dir, 'lake'));
    try {
      const { columns, rows } = await lake.query(sql);
      return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
    } finally {
      lake.close();
    }
  };

  return {
    table,
    query,
    deployed: configVersion(configText),
    upstreamUrl: baseUrl,
    environment,
    lakeDir: join(dir, 'lake'),
    log: createFirehoseLog({ client: logClient, stream: STREAM }),
    async start({ preload, patient = false, env = {} } = {}) {
      const imports = preload === undefined ? [] : ['--import', preload];
      const child = spawn(
        process.execPath,
        [...imports, join(ROOT, 'test/support/gateway-process.ts'), ...(patient ? [PATIENT] : [])],
        {
          cwd: ROOT,
          stdio: ['ignore', 'pipe', 'pipe'],
          env: {
            PATH: process.env.PATH,
            ...environment,
            ...env,
          },
        },
      );
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        errors += text;
      });
      const exited = once(child, 'exit');
      const url = await Promise.race([
        once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
        exited.then(() => Promise.reject(new Error(`A gateway did not start:\n${errors}`))),
      ]);
      const gateway: GatewayProcess = {
        url,
        child,
        async kill() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.kill('SIGKILL');
          await exited;
        },
      };
      processes.push(gateway);
      return gateway;
    },
    rows: (where) =>
      query(`SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY request_id
        ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at) AS copy FROM requests) WHERE copy = 1
        AND ${where}`),
    async close() {
      for (const gateway of processes) await gateway.kill();
      logClient.destroy();
      await closeServer(server);
      await secrets.close();
      await firehose.close();
      await table.close();
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export function adminOf(table: TestTable): { readonly client: DynamoDBClient; readonly table: string } {
  return { client: table.client(), table: table.table };
}
