/**
 * The fault wall: the real handler behind a function URL, simulated providers that fail on request, and official SDKs as
 * clients. Everything is on loopback.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createKey } from '../../../functions/adapters/key-admin.ts';
import type { ClientDialect } from '../../../functions/core/chat.ts';
import { openLake } from '../../../local/lake.ts';
import type { JournalEntry } from '../../../local/providers/journal.ts';
import { startLocal } from '../../../local/start.ts';
import type { Client, CreateClient } from '../matrix/client.ts';
import { createAnthropic } from '../matrix/clients/anthropic.ts';
import { createGoogle } from '../matrix/clients/google.ts';
import { createOpenaiChat } from '../matrix/clients/openai-chat.ts';
import { createOpenaiResponses } from '../matrix/clients/openai-responses.ts';
import { selfSigned } from '../self-signed.ts';
import { configure, createTimes, type Times } from './config.ts';
import type { LogRow, Seen } from './judge.ts';
import type { Run } from './runs.ts';

const CLIENTS: { readonly [D in ClientDialect]: CreateClient } = {
  'openai-chat': createOpenaiChat,
  'openai-responses': createOpenaiResponses,
  'anthropic-messages': createAnthropic,
  gemini: createGoogle,
};

const HANDLER = fileURLToPath(new URL('../handlers/fault-wall.ts', import.meta.url));

export interface WallOptions {
  readonly runs: readonly Run[];
  readonly flapping: readonly ClientDialect[];
  /** Times as they are told, instead of a twentieth. */
  readonly real?: boolean;
}

export interface Wall {
  readonly times: Times;
  play(run: Run): Promise<Seen>;
  /** One request of a client to an alias. */
  ask(client: ClientDialect, alias: string, text: string, streamed: boolean): Promise<Seen>;
  /** Of an alias, in the order in which they were written: once all of its requests are over. */
  rows(alias: string): readonly LogRow[];
  /** Reads the log, until it has so many rows. */
  readLog(expected: number): Promise<void>;
  close(): Promise<void>;
}

export async function startWall({ runs, flapping, real = false }: WallOptions): Promise<Wall> {
  const times = createTimes(real);
  const untrusted = await startUntrusted();
  const data = mkdtempSync(join(tmpdir(), 'tollgate-wall-'));
  const config = join(data, 'gateway-of-the-wall.json');
  const tls = `https://localhost:${(untrusted.address() as AddressInfo).port}`;
  writeFileSync(config, JSON.stringify(configure(runs, flapping, times, { tls })));
  // Read when the handler is loaded, which is once a process.
  process.env.FAULT_WALL_PING_MS = String(times.pingMs);
  const stack = await startLocal({ port: 0, config, data: join(data, 'data'), handlerModule: HANDLER });
  const key = await createWallKey(stack.endpoints.dynamodb);
  const clients = new Map<ClientDialect, Client>();
  const clientOf = (dialect: ClientDialect): Client => {
    const client = clients.get(dialect) ?? CLIENTS[dialect](stack.url, key);
    clients.set(dialect, client);
    return client;
  };
  let log = new Map<string, readonly LogRow[]>();

  async function requestsWith(text: string): Promise<number> {
    const response = await fetch(`${stack.endpoints.providers}/requests?last=200`);
    const { requests } = (await response.json()) as { readonly requests: readonly JournalEntry[] };
    return requests.filter(({ body }) => body.includes(text)).length;
  }

  const wall: Wall = {
    times,
    async ask(client, alias, text, streamed) {
      const startedAt = performance.now();
      const outcome = await clientOf(client)
        .open({ text })
        .ask(alias, streamed)
        .catch((error: unknown) => ({
          thrown: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }));
      const ms = performance.now() - startedAt;
      return { outcome, ms, upstream: await requestsWith(text) };
    },
    play: ({ id, client, streamed }) => wall.ask(client, id, `Hello [${id}]`, streamed),
    rows: (alias) => log.get(alias) ?? [],
    async readLog(expected) {
      for (let round = 0; ; round += 1) {
        await fetch(`${stack.endpoints.firehose}/flush`, { method: 'POST' });
        const rows = await readRows(join(data, 'data', 'lake'));
        log = Map.groupBy(rows, ({ model }) => model);
        if (rows.length >= expected || round === 40) return;
        await sleep(250);
      }
    },
    async close() {
      await stack.close();
      untrusted.closeAllConnections();
      untrusted.close();
      rmSync(data, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return wall;
}

/** Without a budget: what a retry may cost is another wall's subject. */
async function createWallKey(endpoint: string): Promise<string> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  try {
    return (await createKey({ client, table: 'tollgate', team: 'wall' })).key;
  } finally {
    client.destroy();
  }
}

async function startUntrusted(): Promise<Server> {
  const server = createServer(selfSigned(['localhost']), (_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return server;
}

async function readRows(folder: string): Promise<readonly (LogRow & { readonly model: string })[]> {
  const lake = await openLake(folder);
  try {
    const { columns, rows } = await lake.query(`
      SELECT model, outcome, attempt_count, usage_source, flags, attempts[1].error_kind AS first_error
      FROM requests ORDER BY started_at`);
    return rows.map((row) => {
      const [model, outcome, attempts, usageSource, flags, firstError] = columns.map((_, index) => row[index]);
      return {
        model: String(model),
        outcome: String(outcome),
        attempt_count: Number(attempts),
        usage_source: String(usageSource),
        flags: Array.isArray(flags) ? flags.map(String) : [],
        first_error: firstError === null || firstError === undefined ? null : String(firstError),
      };
    });
  } finally {
    lake.close();
  }
}
