/**
 * Many long streams at once, to clients that read late: what the gateway's process grows by. In short 200 MB are on their
 * way, which a gateway that buffers would hold; `TOLLGATE_MEMORY=full` sends 2 GB, 100 streams of 20 MB.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKey } from '../../functions/adapters/key-admin.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../support/gateway-fleet.ts';

const full = process.env.TOLLGATE_MEMORY === 'full';
const STREAMS = full ? 100 : 40;
const STREAM_MB = full ? 20 : 5;
const MOST_MB = full ? 200 : 100;
/** How long clients read nothing behind their first bytes: time enough to take all in. */
const PAUSE_MS = full ? 10_000 : 2_000;

/**
 * What the Lambda runtime gives node in a function of 512 MB, which is what is deployed: 90 % of the memory for old
 * objects, and 5 % for each half of the young ones. Left to itself on a machine of 24 GB, V8 collects so late that the
 * same streams grow the process by 160 to 280 MB, of which some 75 MB are in use.
 */
const HEAP = '--max-old-space-size=460 --max-semi-space-size=25';

const PIECE = 'x'.repeat(16 * 1024);
const PIECES = (STREAM_MB * 1024 * 1024) / PIECE.length;

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** As fast as it is taken. */
async function pour(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let piece = 0; piece < PIECES; piece += 1) {
    if (!response.write(chunk({ content: PIECE }))) await once(response, 'drain');
  }
  response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
}

let fleet: Fleet;
let gateway: GatewayProcess;
let key: string;
beforeAll(async () => {
  fleet = await startFleet(
    (request, response) => {
      request.resume();
      pour(response).catch((error: unknown) => response.destroy(error as Error));
    },
    {
      models: {
        long: { targets: [{ provider: 'upstream', model: 'm' }], timeouts: { idleMs: 300_000, totalMs: 600_000 } },
      },
      prices: [{ provider: 'upstream', model: '*', input: 1, output: 1 }],
    },
  );
  ({ key } = await createKey({ ...adminOf(fleet.table), team: 'memory' }));
  gateway = await fleet.start({ patient: true, env: { NODE_OPTIONS: HEAP } });
});
afterAll(() => fleet?.close());

/** Resident memory of the gateway's process, in MB. */
const residentMb = (): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(gateway.child.pid)], { encoding: 'utf8' })) / 1024;

/** Half of the clients speak the provider's dialect, and half another. */
async function read(number: number, pauseMs: number): Promise<{ readonly bytes: number; readonly end: string }> {
  const path = number % 2 === 0 ? '/v1/chat/completions' : '/v1/messages';
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'long',
      stream: true,
      max_tokens: 1_000,
      messages: [{ role: 'user', content: `Stream ${number}` }],
    }),
  });
  const reader = response.body?.getReader();
  let bytes = 0;
  let end = '';
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    if (bytes === 0) await sleep(pauseMs);
    bytes += next.value.length;
    end = (end + Buffer.from(next.value).toString('latin1')).slice(-400);
  }
  return { bytes, end };
}

it(`${STREAMS} streams of ${STREAM_MB} MB at once grow it by less than ${MOST_MB} MB`, {
  timeout: 540_000,
}, async () => {
  // What one of each kind loads, and the memory that a stream's garbage is collected in, are no growth.
  await Promise.all([read(0, 0), read(1, 0)]);
  const before = residentMb();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentMb());
  }, 200);
  const results = await Promise.all(Array.from({ length: STREAMS }, (_, number) => read(number, PAUSE_MS)));
  clearInterval(timer);
  for (const { bytes, end } of results) {
    expect(bytes).toBeGreaterThan(STREAM_MB * 1024 * 1024);
    expect(end).toMatch(/data: \[DONE\]\n\n$|"type":"message_stop"\}\n\n$/);
  }
  expect(most - before).toBeLessThan(MOST_MB);
});
