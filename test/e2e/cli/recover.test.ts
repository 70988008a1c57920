/** What Firehose does not take is on standard output, and comes back from there, once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalStackProcess, startLocalStack } from '../../support/local-stack.ts';
import { runCommand } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

let stack: LocalStackProcess;
let key: string;
beforeAll(async () => {
  stack = await startLocalStack();
  key = ((await json('keys', 'create')) as { key: string }).key;
});
afterAll(() => stack?.close());

const tollgate = (...args: readonly string[]) => runCommand([...args, '--data', stack.data], { nowMs: Date.now() });

async function json(...args: readonly string[]): Promise<unknown> {
  const { code, out, error } = await tollgate(...args, '--json');
  expect({ code, error }).toEqual({ code: 0, error: '' });
  return JSON.parse(out);
}

const firehose = (path: string, body: object = {}): Promise<Response> =>
  fetch(`${stack.info.endpoints.firehose}${path}`, { method: 'POST', body: JSON.stringify(body) });

async function ask(): Promise<string> {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  expect(response.status).toBe(200);
  await response.text();
  return response.headers.get('x-tollgate-request-id') ?? '';
}

async function logged(): Promise<unknown> {
  await firehose('/flush');
  return json('query', 'SELECT request_id, outcome, cost_nano_usd > 0 AS paid FROM requests ORDER BY request_id');
}

const lostLines = (): readonly string[] =>
  stack
    .output()
    .stdout.split('\n')
    .filter((line) => line.startsWith('{"tollgate":"row"'));

describe('rows that Firehose does not take', () => {
  const ids: string[] = [];

  it('cost their requests nothing, and are on standard output', async () => {
    await firehose('/faults', { throttleNext: 1_000 });
    for (let request = 0; request < 3; request += 1) ids.push(await ask());
    // The answer is there before the row is given up.
    await vi.waitFor(() => expect(lostLines()).toHaveLength(3), 20_000);
    await firehose('/faults');
    expect(await logged()).toEqual([]);
  });

  it('come back by `logs recover`, however the log was saved, and once however often it is run', async () => {
    const [first = '', second = '', third = ''] = lostLines();
    const folder = tempDir();
    const files: { readonly [name: string]: string } = {
      'plain.log': `Tollgate listening\n${first}\n${first}\n{"level":"warn"}\n`,
      'tail.log': `2026-11-23T12:00:00 2026/11/23/[$LATEST]abc ${second}\n${second.slice(0, 200)}\n`,
      'events.json': JSON.stringify({ events: [{ timestamp: 1, message: `${third}\n` }, { message: first }] }),
    };
    const results: unknown[] = [];
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text);
      results.push(await json('logs', 'recover', join(folder, name)));
      await firehose('/flush');
    }
    expect(results).toEqual([
      { found: 1, present: 0, sent: 1, failed: 0, broken: [] },
      { found: 1, present: 0, sent: 1, failed: 0, broken: [2] },
      { found: 2, present: 1, sent: 1, failed: 0, broken: [] },
    ]);
    const again = await tollgate('logs', 'recover', join(folder, 'events.json'));
    expect(again).toMatchObject({ code: 0, out: '2 rows found: 2 are in the log, 0 were sent.\n' });
    expect(await logged()).toEqual(ids.sort().map((id) => ({ request_id: id, outcome: 'ok', paid: true })));
  });

  it('stay where they are while Firehose takes none', async () => {
    await firehose('/faults', { throttleNext: 1_000 });
    const file = join(tempDir(), 'lost.log');
    writeFileSync(file, `{"tollgate":"row","reason":"","row":{"request_id":"another"}}\n`);
    const { code, error } = await tollgate('logs', 'recover', file);
    await firehose('/faults');
    expect(code).toBe(1);
    expect(error).toContain('1 rows were not taken: ServiceUnavailableException');
  });

  it('are asked for by a file that is there', async () => {
    const { code, error } = await tollgate('logs', 'recover', '/nowhere/at.all');
    expect(code).toBe(1);
    expect(error).toContain('Cannot read /nowhere/at.all');
  });
});
