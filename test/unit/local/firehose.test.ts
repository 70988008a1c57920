import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FirehoseClient, PutRecordBatchCommand, PutRecordCommand } from '@aws-sdk/client-firehose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { REQUESTS } from '../../../functions/records/lake-tables.ts';
import { startFirehose } from '../../../local/firehose.ts';
import { openLake } from '../../../local/lake.ts';
import { tempDir } from '../../support/temp-dir.ts';

const STREAM = 'requests';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

interface Fixture {
  readonly url: string;
  readonly client: FirehoseClient;
  readonly lakeDir: string;
  readonly bufferDir: string;
  readonly post: (path: string, body?: unknown) => Promise<Record<string, number>>;
  readonly stats: () => Promise<Record<string, number>>;
  readonly rows: (sql: string) => Promise<readonly (readonly unknown[])[]>;
  readonly close: () => Promise<void>;
}

async function start(root = tempDir(), flushMs = 3_600_000): Promise<Fixture> {
  const lakeDir = join(root, 'lake');
  const bufferDir = join(root, 'buffer');
  const firehose = await startFirehose({ port: 0, lakeDir, bufferDir, streams: { [STREAM]: REQUESTS }, flushMs });
  const client = new FirehoseClient({ endpoint: firehose.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= firehose.close();
    return closed;
  };
  onTestFinished(async () => {
    client.destroy();
    await close();
  });
  const call = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${firehose.url}${path}`, init);
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, number>;
  };
  return {
    url: firehose.url,
    client,
    lakeDir,
    bufferDir,
    post: (path, body = {}) => call(path, { method: 'POST', body: JSON.stringify(body) }),
    stats: () => call('/stats'),
    async rows(sql) {
      const lake = await openLake(lakeDir);
      try {
        return (await lake.query(sql)).rows;
      } finally {
        lake.close();
      }
    },
    close,
  };
}

const line = (id: string, more: object = {}) => `${JSON.stringify({ request_id: id, ...more })}\n`;
const record = (text: string) => ({ Data: Buffer.from(text) });
const put = (client: FirehoseClient, text: string) =>
  client.send(new PutRecordCommand({ DeliveryStreamName: STREAM, Record: record(text) }));
const putBatch = (client: FirehoseClient, texts: readonly string[]) =>
  client.send(new PutRecordBatchCommand({ DeliveryStreamName: STREAM, Records: texts.map(record) }));
const today = () => new Date().toISOString().slice(0, 10);

describe('records', () => {
  it('arrive in the lake, in the partition of the day', async () => {
    const { client, post, rows, lakeDir, stats } = await start();
    const before = today();
    const single = await put(client, line('a', { cost_nano_usd: 9_007_199_254_740_993n.toString(), total_ms: 1.5 }));
    expect(single.RecordId).toMatch(/./);
    const batch = await putBatch(client, [line('b'), line('c')]);
    expect(batch).toMatchObject({
      FailedPutCount: 0,
      RequestResponses: [{ RecordId: /./ }, { RecordId: /./ }].map(() => ({ RecordId: expect.any(String) })),
    });
    expect((await stats()).bufferedBytes).toBeGreaterThan(0);
    expect(await post('/flush')).toEqual({ rows: 3, files: 1, badRecords: 0 });
    const found = await rows('SELECT request_id, dt FROM requests ORDER BY request_id');
    expect(found.map(([id]) => id)).toEqual(['a', 'b', 'c']);
    expect([before, today()]).toContain(found[0]?.[1]);
    expect(readdirSync(join(lakeDir, 'requests'))).toEqual([`dt=${String(found[0]?.[1])}`]);
    expect(await stats()).toMatchObject({ calls: 2, records: 3, rows: 3, files: 1, bufferedBytes: 0 });
    expect(await post('/flush')).toEqual({ rows: 0, files: 0, badRecords: 0 });
  });

  it('arrive without being asked for', async () => {
    const { client, rows } = await start(tempDir(), 50);
    await put(client, line('a'));
    await expect.poll(() => rows('SELECT count(*) FROM requests'), { timeout: 4_000 }).toEqual([[1]]);
  });

  it('may hold several objects, with or without a break between them', async () => {
    const { client, post, rows } = await start();
    await put(client, '{"request_id":"a","model":"with } brace"}{"request_id":"b"}\n\n{\n  "request_id": "c"\n}');
    expect(await post('/flush')).toMatchObject({ rows: 3, badRecords: 0 });
    expect(await rows('SELECT request_id, model FROM requests ORDER BY 1')).toEqual([
      ['a', 'with } brace'],
      ['b', null],
      ['c', null],
    ]);
  });

  it('that are no rows go to the error prefix, and hold up no others', async () => {
    const { client, post, rows, lakeDir, stats } = await start();
    const texts = Array.from({ length: 20 }, (_, index) => line(`good-${index}`));
    texts.splice(3, 0, 'not json', '[{"request_id":"in an array"}]', '');
    texts.splice(11, 0, line('misfit', { http_status: 'teapot' }));
    expect(await putBatch(client, texts)).toMatchObject({ FailedPutCount: 0 });
    expect(await post('/flush')).toMatchObject({ rows: 20, badRecords: 1 });
    expect(await rows(`SELECT count(*) FROM requests WHERE request_id LIKE 'good-%'`)).toEqual([[20]]);
    expect(await rows('SELECT count(*) FROM requests')).toEqual([[20]]);
    expect(await stats()).toMatchObject({ records: 24, rows: 20, badRecords: 4 });
    const folder = join(lakeDir, 'errors', 'format-conversion-failed', `dt=${today()}`);
    const raw = readdirSync(folder)
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
      .map((text) => JSON.parse(text) as { rawData: string; errorMessage: string });
    expect(raw.map(({ rawData }) => Buffer.from(rawData, 'base64').toString().trim()).sort()).toEqual(
      ['', 'not json', '[{"request_id":"in an array"}]', line('misfit', { http_status: 'teapot' }).trim()].sort(),
    );
    expect(raw.every(({ errorMessage }) => errorMessage.length > 0)).toBe(true);
  });
});

describe('limits', () => {
  it('are those of Firehose', async () => {
    const { client, stats } = await start();
    const largest = 1_000 * 1_024;
    const filled = (bytes: number) => `{"model":"${'x'.repeat(bytes - 12)}"}`;
    expect(Buffer.byteLength(filled(largest))).toBe(largest);
    await put(client, filled(largest));
    await expect(put(client, filled(largest + 1))).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(putBatch(client, [])).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(putBatch(client, Array(501).fill(line('x')))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('must not be longer than 500'),
    });
    expect(await putBatch(client, Array(500).fill(line('x')))).toMatchObject({ FailedPutCount: 0 });
    await expect(putBatch(client, Array(5).fill(filled(900_000)))).rejects.toMatchObject({
      name: 'InvalidArgumentException',
      message: 'Records size exceeds 4 MB limit',
    });
    await expect(
      client.send(new PutRecordCommand({ DeliveryStreamName: 'nobody', Record: record('{}') })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await stats()).toMatchObject({ records: 501 });
  });
});

describe('faults', () => {
  it('refuse records of a batch, which then are not kept', async () => {
    const { client, post, rows } = await start();
    await post('/faults', { failEvery: 3 });
    const answer = await putBatch(
      client,
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => line(id)),
    );
    expect(answer.FailedPutCount).toBe(2);
    expect(answer.RequestResponses?.map((item) => item.ErrorCode ?? 'kept')).toEqual([
      ...['kept', 'kept', 'ServiceUnavailableException'],
      ...['kept', 'kept', 'ServiceUnavailableException'],
      'kept',
    ]);
    await post('/faults', {});
    expect(await putBatch(client, [line('c'), line('f')])).toMatchObject({ FailedPutCount: 0 });
    await post('/flush');
    expect((await rows('SELECT request_id FROM requests ORDER BY 1')).flat()).toEqual([...'abcdefg']);
  });

  it('throttle whole calls, so many times, and delay them', async () => {
    const { client, post, stats } = await start();
    await post('/faults', { throttleNext: 2, delayMs: 60 });
    const begun = performance.now();
    await expect(put(client, line('a'))).rejects.toMatchObject({ name: 'ServiceUnavailableException' });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(55);
    await expect(putBatch(client, [line('a')])).rejects.toMatchObject({ name: 'ServiceUnavailableException' });
    await put(client, line('a'));
    expect(await stats()).toMatchObject({ calls: 3, records: 1 });
  });

  it('that do not exist are refused by name', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/faults`, { method: 'POST', body: '{"failEverything":1}' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('failEverything');
  });
});

describe('the buffer', () => {
  it('survives its process: what was acknowledged is delivered by the next one', async () => {
    const root = tempDir();
    const first = await start(root);
    await put(first.client, line('a'));
    // No close: the process is as good as killed. What it left is all that the next one has.
    const second = await start(root);
    await expect.poll(() => second.rows('SELECT request_id FROM requests')).toEqual([['a']]);
  });

  it('repeats a delivery that a crash cut short, without repeating its rows', async () => {
    const root = tempDir();
    const buffer = join(root, 'buffer');
    const partition = join(root, 'lake', 'requests', 'dt=2026-01-02');
    mkdirSync(buffer, { recursive: true });
    mkdirSync(partition, { recursive: true });
    // As the crash left it: delivered and not yet dropped, and a half-written file beside it.
    const { post, rows, close } = await start(root);
    writeFileSync(join(buffer, '2026-01-02.some-id.ready.jsonl'), line('a') + line('b'));
    writeFileSync(join(partition, 'some-id.parquet.unfinished'), 'PAR1 half');
    await post('/flush');
    await close();
    writeFileSync(join(buffer, '2026-01-02.some-id.ready.jsonl'), line('a') + line('b'));
    const again = await start(root);
    await again.post('/flush');
    expect(await rows('SELECT request_id, dt FROM requests ORDER BY 1')).toEqual([
      ['a', '2026-01-02'],
      ['b', '2026-01-02'],
    ]);
    expect(readdirSync(buffer)).toEqual([]);
    expect(readdirSync(partition)).toEqual(['some-id.parquet']);
  });

  it('keeps its rows while the lake cannot be written, and delivers them after', async () => {
    const log = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => log.mockRestore());
    const root = tempDir();
    writeFileSync(join(root, 'lake'), 'a file where the folder should be');
    const { client, url, bufferDir, close } = await start(root);
    await put(client, line('a'));
    expect((await fetch(`${url}/flush`, { method: 'POST' })).status).toBe(500);
    await close();
    expect(log).toHaveBeenCalledWith(expect.stringContaining('Firehose could not deliver'));
    expect(readdirSync(bufferDir)).toHaveLength(1);
    rmSync(join(root, 'lake'));
    const again = await start(root);
    await again.post('/flush');
    expect(await again.rows('SELECT request_id FROM requests')).toEqual([['a']]);
  });

  it('takes many writers at once without losing or tearing a row', async () => {
    const { client, post, rows } = await start(tempDir(), 30);
    const filler = 'ü'.repeat(3_000);
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => put(client, line(`id-${index}`, { metadata: { filler } }))),
    );
    await post('/flush');
    expect(await rows('SELECT count(*), count(DISTINCT request_id) FROM requests')).toEqual([[200, 200]]);
  });
});
