import { createServer } from 'node:http';
import { join } from 'node:path';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createContentLog,
  createFirehoseLog,
  type FirehoseLogOptions,
} from '../../../functions/adapters/firehose-log.ts';
import { REQUESTS } from '../../../functions/records/lake-tables.ts';
import type { Row } from '../../../functions/records/row.ts';
import { startFirehose } from '../../../local/firehose.ts';
import { openLake } from '../../../local/lake.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { fullRow, nullRow } from '../lake/rows.ts';
import { content } from './content.ts';

const row = (id: string, change: Partial<Row> = {}): Row => ({ ...nullRow, request_id: id, ...change });

function clientOf(endpoint: string): FirehoseClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new FirehoseClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  return client;
}

function logTo(endpoint: string, options: Partial<FirehoseLogOptions> = {}) {
  const lines: string[] = [];
  const log = createFirehoseLog({
    client: clientOf(endpoint),
    stream: 'tollgate-requests',
    backoffMs: 1,
    lastResort: (line) => lines.push(line),
    ...options,
  });
  return { log, lines };
}

async function startLake() {
  const dir = tempDir();
  const firehose = await startFirehose({
    port: 0,
    lakeDir: join(dir, 'lake'),
    bufferDir: join(dir, 'buffer'),
    streams: { 'tollgate-requests': REQUESTS },
    flushMs: 3_600_000,
  });
  onTestFinished(() => firehose.close());
  const post = async (path: string, body: object = {}) =>
    (await fetch(`${firehose.url}${path}`, { method: 'POST', body: JSON.stringify(body) })).json();
  return {
    url: firehose.url,
    faults: (plan: object) => post('/faults', plan),
    stats: async (): Promise<unknown> => (await fetch(`${firehose.url}/stats`)).json(),
    async rows(sql: string) {
      await post('/flush');
      const lake = await openLake(join(dir, 'lake'));
      try {
        return (await lake.query(sql)).rows;
      } finally {
        lake.close();
      }
    },
  };
}

describe('the request log', () => {
  test('puts a row into the lake, whole', async () => {
    const lake = await startLake();
    const { log, lines } = logTo(lake.url);
    await log.write(fullRow);
    expect(await lake.rows('SELECT request_id, cost_nano_usd, metadata, started_at FROM requests')).toEqual([
      [fullRow.request_id, fullRow.cost_nano_usd, fullRow.metadata, fullRow.started_at],
    ]);
    expect(lines).toEqual([]);
  });

  test('sends rows that come together in one call, and each of them once', async () => {
    const lake = await startLake();
    const { log } = logTo(lake.url);
    await Promise.all(Array.from({ length: 1_200 }, (_, index) => log.write(row(String(index)))));
    expect(await lake.rows('SELECT count(*), count(DISTINCT request_id) FROM requests')).toEqual([[1_200, 1_200]]);
    // The first alone, then all that had gathered, 500 a call.
    expect(await lake.stats()).toMatchObject({ calls: 4 });
  });

  test('keeps a batch below 4 MiB', async () => {
    const lake = await startLake();
    const { log, lines } = logTo(lake.url);
    const route = 'x'.repeat(900_000);
    await Promise.all(Array.from({ length: 12 }, (_, index) => log.write(row(String(index), { route }))));
    expect(lines).toEqual([]);
    expect(await lake.rows('SELECT count(DISTINCT request_id) FROM requests')).toEqual([[12]]);
  });

  test('sends again only the records of a batch that were refused', async () => {
    const lake = await startLake();
    await lake.faults({ failEvery: 3 });
    const { log, lines } = logTo(lake.url, { attempts: 10 });
    await Promise.all(Array.from({ length: 100 }, (_, index) => log.write(row(String(index)))));
    expect(lines).toEqual([]);
    expect(await lake.rows('SELECT count(*), count(DISTINCT request_id) FROM requests')).toEqual([[100, 100]]);
  });

  test('tries again when it is throttled', async () => {
    const lake = await startLake();
    await lake.faults({ throttleNext: 2 });
    const { log, lines } = logTo(lake.url);
    await log.write(row('a'));
    expect(lines).toEqual([]);
    expect(await lake.rows('SELECT request_id FROM requests')).toEqual([['a']]);
  });

  test('writes the row to standard output where Firehose never takes it, with the reason', async () => {
    const lake = await startLake();
    await lake.faults({ throttleNext: 100 });
    const { log, lines } = logTo(lake.url);
    await log.write(fullRow);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { tollgate: 'row', reason: expect.stringContaining('ServiceUnavailableException'), row: fullRow },
    ]);
    expect(await lake.stats()).toMatchObject({ calls: 4, records: 0 });
    // And is well again with the next.
    await lake.faults({});
    await log.write(row('b'));
    expect(lines).toHaveLength(1);
  });

  test('does not try again what cannot get better', async () => {
    const lake = await startLake();
    const { log, lines } = logTo(lake.url, { stream: 'another' });
    await log.write(row('a'));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ tollgate: 'row', row: { request_id: 'a' } });
    expect(lines[0]).toContain('ResourceNotFoundException');
    expect(await lake.stats()).toMatchObject({ calls: 1 });
  });

  test('does not wait for a Firehose that hangs, not even behind others that wait', async () => {
    const server = createServer(() => undefined);
    const url = await listen(server, { port: 0 });
    onTestFinished(async () => {
      server.closeAllConnections();
      await closeServer(server);
    });
    const { log, lines } = logTo(url, { deadlineMs: 1_500 });
    const start = performance.now();
    const first = log.write(row('a'));
    await new Promise((resolve) => setTimeout(resolve, 150));
    await Promise.all([first, log.write(row('b')), log.write(row('c'))]);
    // The first one's time, and the short try that those behind it get: one after the other it would be three times that.
    expect(performance.now() - start).toBeLessThan(4_000);
    expect(lines.map((line) => JSON.parse(line).row.request_id)).toEqual(['a', 'b', 'c']);
  });

  test('says so where nothing listens', async () => {
    const server = createServer();
    const url = await listen(server, { port: 0 });
    await closeServer(server);
    const { log, lines } = logTo(url);
    await log.write(row('a'));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') });
  });

  test('trims a row that no record can hold', async () => {
    const lake = await startLake();
    const { log, lines } = logTo(lake.url);
    await log.write({ ...fullRow, metadata: { big: 'x'.repeat(2_000_000) } });
    expect(lines).toEqual([]);
    expect(await lake.rows("SELECT request_id, flags[-1], length(metadata['big']) FROM requests")).toEqual([
      [fullRow.request_id, 'row-trimmed', 400],
    ]);
  });
});

test('contents that Firehose does not take are gone, and named: never a word of them on standard output', async () => {
  const lake = await startLake();
  await lake.faults({ throttleNext: 100 });
  const dropped: (readonly [string, string])[] = [];
  const contents = createContentLog({
    client: clientOf(lake.url),
    stream: 'tollgate-requests',
    backoffMs: 1,
    dropped: (id, reason) => dropped.push([id, reason]),
  });
  await contents.write({ ...content, request: 'a word of it' });
  expect(dropped).toEqual([['req_1', expect.stringContaining('ServiceUnavailableException')]]);
  expect(JSON.stringify(dropped)).not.toContain('a word of it');
});
