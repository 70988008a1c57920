/** What a token limit is charged for an answer before there is one: as much as answers had of late, by model and key. */
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createKey } from '../../../functions/adapters/key-admin.ts';
import { setLimits } from '../../../functions/adapters/meter-admin.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../../support/gateway-fleet.ts';

const SHORT = 10;
const LONG = 4_000;
const PATIENCE = { timeout: 30_000, interval: 20 };

let fleet: Fleet;
let gateway: GatewayProcess;
let completion = SHORT;
let isHeld = false;
/** Of requests that have reached the upstream, while they are held there. */
const held: (() => void)[] = [];

beforeAll(async () => {
  const targets = [{ provider: 'upstream', model: 'm' }];
  fleet = await startFleet(
    (request, response) => {
      void text(request).then((body) => {
        const candidates = Number((JSON.parse(body) as { readonly n?: number }).n ?? 1);
        const tokens = completion * candidates;
        const message = { role: 'assistant', content: 'A penny.' };
        const answer = {
          id: 'c',
          model: 'm',
          created: 1,
          choices: Array.from({ length: candidates }, (_, index) => ({ index, message, finish_reason: 'stop' })),
          usage: { prompt_tokens: 9, completion_tokens: tokens, total_tokens: 9 + tokens },
        };
        const end = () => {
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify(answer));
        };
        if (isHeld) held.push(end);
        else end();
      });
    },
    { models: { smart: { targets }, other: { targets } }, prices: [] },
  );
  gateway = await fleet.start({ patient: true });
}, 60_000);
afterAll(() => fleet?.close());

async function send(key: string, more: object = {}): Promise<void> {
  const messages = [{ role: 'user', content: 'What does the bridge cost?' }];
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'smart', messages, ...more }),
  });
  expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
  await vi.waitFor(async () => expect(await fleet.table.openRecords()).toEqual([]), PATIENCE);
}

/** What one more request reserves. */
async function reserved(key: string, more: object = {}): Promise<number> {
  isHeld = true;
  const sent = send(key, more);
  await vi.waitFor(() => expect(held).toHaveLength(1), PATIENCE);
  const record = (await fleet.table.items()).find(({ pk }) => pk?.S?.startsWith('open#'));
  isHeld = false;
  held.splice(0)[0]?.();
  await sent;
  return Number(record?.tokens?.N);
}

it('follows the answers, in both directions', { timeout: 120_000 }, async () => {
  const admin = adminOf(fleet.table);
  const [mine, others] = [await createKey({ ...admin }), await createKey({ ...admin })];
  await setLimits({ ...admin, scope: `key:${mine.id}`, limits: { limit_tpm: 1_000_000 } });

  const first = await reserved(mine.key);
  expect(first).toBeGreaterThanOrEqual(1_024);
  for (let index = 0; index < 20; index += 1) await send(mine.key);
  const afterShort = await reserved(mine.key);
  const input = first - 1_024;
  expect(afterShort).toBeGreaterThanOrEqual(input + SHORT);
  expect(afterShort).toBeLessThan(input + 100);
  // Of three candidates each is expected to be as long; and no answer is longer than its cap.
  expect((await reserved(mine.key, { n: 3 })) - input).toBeGreaterThanOrEqual(3 * SHORT);
  expect(await reserved(mine.key, { max_tokens: 5 })).toBe(input + 5);
  // Neither of another key, nor of another model, is anything known.
  expect(await reserved(others.key)).toBe(first);
  expect(await reserved(mine.key, { model: 'other' })).toBe(first);

  completion = LONG;
  for (let index = 0; index < 20; index += 1) await send(mine.key);
  expect(await reserved(mine.key)).toBeGreaterThan(input + LONG / 2);
});
