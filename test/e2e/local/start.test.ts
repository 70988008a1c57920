import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type LocalStackOptions,
  type LocalStackProcess,
  runLocal,
  startLocalStack,
} from '../../support/local-stack.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function start(options: LocalStackOptions = {}) {
  const stack = await startLocalStack(options);
  onTestFinished(async () => void (await stack.close()));
  return stack;
}

/** What a newcomer does: copies the command from between the lines and runs it. */
function pasteCurl(stdout: string): { readonly url: string; readonly init: RequestInit } {
  const [, url = '', authorization = '', body = ''] =
    /curl -N (\S+) \\\n\s+-H 'Authorization: ([^']+)' -H 'Content-Type: application\/json' \\\n\s+-d '([^']+)'/.exec(
      stdout,
    ) ?? [];
  return { url, init: { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body } };
}

/** How many rows the stack's Firehose has taken since it started. */
async function acknowledged(stack: LocalStackProcess): Promise<number> {
  const response = await fetch(`${stack.info.endpoints.firehose}/stats`);
  return ((await response.json()) as { records: number }).records;
}

describe('a first start', () => {
  it('is ready after less than 5 s of work, and its curl line streams an answer', async () => {
    const { url, output, pid } = await start();
    // Of its own: a machine that does more takes longer for the same.
    const used = execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' });
    expect(
      used
        .split(':')
        .map(Number)
        .reduce((seconds, part) => seconds * 60 + part, 0),
    ).toBeLessThan(5);
    const { stdout } = output();
    expect(stdout).toMatch(/^Tollgate listening on http:\/\/127\.0\.0\.1:\d+$/m);
    expect(stdout).toContain('Simulated, for want of a key: openai, anthropic.');
    const pasted = pasteCurl(stdout);
    expect(pasted.url).toBe(`${url}/v1/chat/completions`);
    const response = await fetch(pasted.url, pasted.init);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(text.match(/^data: /gm)?.length).toBeGreaterThan(3);
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it('leaves what other processes need, and keeps provider keys to their owner', async () => {
    const { info, data, url, pid, output } = await start({ env: { OPENAI_API_KEY: 'sk-real-one' } });
    expect(info).toMatchObject({
      gateway: url,
      pid,
      region: 'us-east-1',
      table: 'tollgate',
      requestStream: 'tollgate-requests',
      feedbackStream: 'tollgate-feedback',
      contentStream: 'tollgate-contents',
      secretPrefix: 'tollgate',
      lake: join(data, 'lake'),
      config: join(data, 'gateway.json'),
    });
    const secrets = readFileSync(join(data, 'secrets.json'), 'utf8');
    expect(secrets).toContain('sk-real-one');
    expect(secrets).not.toContain('simulated');
    expect(statSync(join(data, 'secrets.json')).mode & 0o077).toBe(0);
    const config = readFileSync(info.config, 'utf8');
    expect(config).not.toContain('sk-real-one');
    expect(JSON.parse(config)).toMatchObject({
      providers: {
        openai: { baseUrl: 'https://api.openai.com/v1' },
        anthropic: {
          baseUrl: info.endpoints.providers === '' ? '' : expect.stringContaining(info.endpoints.providers),
        },
      },
    });
    const { stdout, stderr } = output();
    expect(stdout).toContain('Simulated, for want of a key: anthropic.');
    expect(stdout + stderr).not.toContain('sk-real-one');
  });
});

describe('a later start', () => {
  it('finds keys, rows and secrets again, after a stop as after a crash', async () => {
    const data = tempDir();
    const first = await startLocalStack({ data });
    const pasted = pasteCurl(first.output().stdout);
    await (await fetch(pasted.url, pasted.init)).text();
    expect(await first.close()).toBe(0);

    const second = await startLocalStack({ data, env: { ANTHROPIC_API_KEY: 'sk-ant' } });
    expect(second.output().stdout).toContain(`npx tollgate keys create --team TEAM --data ${data}`);
    expect(second.output().stdout).not.toContain('curl');
    const again = await fetch(`${second.url}/v1/chat/completions`, pasted.init);
    expect(again.status, await again.text()).toBe(200);
    // The row follows the answer: once Firehose has it, nothing may lose it.
    await expect.poll(() => acknowledged(second)).toBe(1);
    await second.kill();

    const third = await start({ data });
    expect(third.output().stdout).toContain('Simulated, for want of a key: openai.');
    const last = await fetch(`${third.url}/v1/chat/completions`, pasted.init);
    expect(last.status, await last.text()).toBe(200);
    await expect.poll(() => acknowledged(third)).toBe(1);
    await fetch(`${third.info.endpoints.firehose}/flush`, { method: 'POST' });
    const sql = "SELECT count(*) AS n FROM requests WHERE outcome = 'ok'";
    const { stdout, stderr } = await third.tollgate('query', sql, '--json');
    expect(JSON.parse(stdout), stderr).toEqual([{ n: 3 }]);
  });
});

describe('a stop', () => {
  it('lets an answer under way come to its end', async () => {
    const stack = await startLocalStack();
    const pasted = pasteCurl(stack.output().stdout);
    const response = await fetch(pasted.url, pasted.init);
    const [text, code] = await Promise.all([response.text(), stack.close()]);
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    expect(code).toBe(0);
  });
});

describe('a start that cannot be', () => {
  it('says so of a misspelt option', async () => {
    const { code, stderr, stdout } = await runLocal(['--prot', '1']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain("Unknown option '--prot'");
    expect(stderr).toContain('--port PORT');
    expect((await runLocal(['--help'])).stdout).toContain('--port PORT');
  });

  it('says so of a taken port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { code, stderr, stdout } = await runLocal(['--port', String(port), '--data', tempDir()]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `Port ${port} is taken by another program. Choose another with --port, or 0 for any free one.\n`,
    );
  });

  it('says so of a broken configuration, with the path and the reason, and touches nothing', async () => {
    const dir = tempDir();
    const file = join(dir, 'broken.yaml');
    writeFileSync(file, 'providers:\n  openai: { dialect: openai-chat, baseUrl: https://a.test, sekret: x }\n');
    const data = join(dir, 'data');
    const { code, stderr } = await runLocal(['--config', file, '--data', data, '--port', '0']);
    expect(code).toBe(1);
    expect(stderr).toContain(`${file} is not a valid configuration:`);
    expect(stderr).toMatch(/providers\.openai: .*sekret/);
    expect(stderr).not.toContain('    at ');
    expect(() => statSync(data)).toThrow('ENOENT');
    const missing = await runLocal(['--config', join(dir, 'none.yaml'), '--data', data, '--port', '0']);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining(join(dir, 'none.yaml')) });
  });

  it('says so of a damaged data folder', async () => {
    const data = tempDir();
    const tables = join(data, 'dynamodb');
    mkdirSync(tables);
    writeFileSync(join(tables, 'CURRENT'), 'garbage');
    const { code, stderr } = await runLocal(['--data', data, '--port', '0']);
    expect(code).toBe(1);
    expect(stderr).toContain(`The tables in ${tables} cannot be read`);
    expect(stderr).toContain('delete it to start with empty tables');
    expect(stderr).not.toContain('    at ');
  });

  it('says so of a second start on the same folder, and does the first no harm', async () => {
    const stack = await start();
    const { code, stderr } = await runLocal(['--data', stack.data, '--port', '0']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `Tollgate already runs on the data folder ${stack.data} (${stack.url}, process ${stack.pid}).`,
    );
    const pasted = pasteCurl(stack.output().stdout);
    expect((await fetch(pasted.url, pasted.init)).status).toBe(200);
  });
});
