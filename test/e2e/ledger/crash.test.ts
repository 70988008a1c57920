/**
 * Gateways that are killed by SIGKILL in the middle of a request, at every moment at which one can be interrupted from
 * the reservation to its end, and at random ones until there are 50 (TOLLGATE_CRASHES for more).
 */
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createUpkeepStore } from '../../../functions/adapters/dynamo-upkeep.ts';
import { createKey } from '../../../functions/adapters/key-admin.ts';
import { setLimits, showMeter } from '../../../functions/adapters/meter-admin.ts';
import { sweep } from '../../../functions/upkeep/sweep.ts';
import { adminOf, type Fleet, startFleet } from '../../support/gateway-fleet.ts';

const CRASHES = Number(process.env.TOLLGATE_CRASHES ?? 50);
const AT_ONCE = 2;
const PRELOAD = fileURLToPath(new URL('../../support/kill-preload.ts', import.meta.url));
const DEADLINE_MS = 30_000;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet(
    (request, response) => {
      void text(request).then((body) => {
        const streamed = body.includes('"stream":true');
        const usage = { prompt_tokens: 9, completion_tokens: 20, total_tokens: 29 };
        const chunk = (more: object) => `data: ${JSON.stringify({ id: 'c', model: 'm', created: 1, ...more })}\n\n`;
        if (streamed) {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'A pen' } }] }));
          response.write(chunk({ choices: [{ index: 0, delta: { content: 'ny.' }, finish_reason: 'stop' }] }));
          response.end(`${chunk({ choices: [], usage })}data: [DONE]\n\n`);
          return;
        }
        const message = { role: 'assistant', content: 'A penny.' };
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            id: 'c',
            model: 'm',
            created: 1,
            choices: [{ index: 0, message, finish_reason: 'stop' }],
            usage,
          }),
        );
      });
    },
    {
      models: { smart: { targets: [{ provider: 'upstream', model: 'm' }], timeouts: { totalMs: DEADLINE_MS } } },
      prices: [{ provider: 'upstream', model: '*', input: 1, output: 10 }],
    },
  );
});
afterAll(() => fleet?.close());

interface Crash {
  readonly at: number;
  readonly stream: boolean;
  /** Whether the team has limits, beside the key. */
  readonly teamLimited: boolean;
  readonly team: string;
}

/** How many there are at the least, found by trying: later ones may kill nobody. */
const MOMENTS = 24;

const crashes: readonly Crash[] = Array.from({ length: CRASHES }, (_, index) => ({
  at: index < MOMENTS ? index + 1 : 1 + Math.floor(Math.random() * MOMENTS),
  stream: index % 2 === 0,
  teamLimited: index % 3 !== 0,
  team: `crash-${index}`,
}));

it(`leaves nothing behind after ${CRASHES} crashes`, { timeout: 600_000 }, async () => {
  const admin = adminOf(fleet.table);
  let killed = 0;
  const answered = new Set<string>();
  const keys = new Map<string, string>();

  const crash = async ({ at, stream, teamLimited, team }: Crash): Promise<void> => {
    const { id, key } = await createKey({ ...admin, team, limits: { budget_month_usd: 1, limit_parallel: 3 } });
    keys.set(team, id);
    if (teamLimited) await setLimits({ ...admin, scope: `team:${team}`, limits: { limit_rpm: 5, limit_tpm: 50_000 } });
    const gateway = await fleet.start({ patient: true, preload: PRELOAD, env: { TOLLGATE_KILL_AT: String(at) } });
    const messages = [{ role: 'user', content: 'What does the bridge cost?' }];
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'smart', stream, max_tokens: 400, messages }),
    })
      .then(async (response) => ({ status: response.status, body: await response.text() }))
      .catch(() => undefined);
    if (answer?.status === 200) answered.add(team);
    // Settlement goes on after the answer: dead by itself, or done.
    await new Promise<void>((resolve) => {
      gateway.child.once('exit', () => resolve());
      if (gateway.child.signalCode !== null) resolve();
      setTimeout(resolve, 1_500);
    });
    if (gateway.child.signalCode === 'SIGKILL') killed += 1;
    await gateway.kill();
  };
  const left = [...crashes];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await crash(next);
    }),
  );
  console.info(`${killed} of ${CRASHES} were killed, ${answered.size} after the whole answer was out.`);
  expect(killed).toBeGreaterThan(CRASHES / 2);
  const openBefore = await fleet.table.openRecords();
  expect(openBefore.length).toBeGreaterThan(CRASHES / 4);

  const later = Date.now() + DEADLINE_MS + 3 * 60_000;
  const upkeep = {
    clock: { now: () => later },
    store: createUpkeepStore({ ...admin }),
    log: fleet.log,
    report: (_level: string, message: string, fields: object) => console.error(message, fields),
  };
  expect(await sweep(upkeep, later + 60_000)).toMatchObject({ swept: openBefore.length, failed: 0 });
  expect(await fleet.table.openRecords()).toEqual([]);

  let total = 0;
  for (const { team } of crashes) {
    const rows = await fleet.rows(`team = '${team}'`);
    // Killed before its record was written, there is neither a charge nor a row; and no answer.
    expect(rows.length, team).toBeLessThanOrEqual(1);
    if (answered.has(team)) expect(rows, team).toHaveLength(1);
    const spent = rows.reduce((sum, row) => sum + Number(row.cost_nano_usd), 0);
    total += spent;
    for (const scope of [`key:${keys.get(team)}`, `team:${team}`]) {
      const meter = await showMeter({ ...admin, scope });
      const what = `${scope} of ${JSON.stringify(crashes.find((each) => each.team === team))}`;
      expect({ spent: Math.round((meter?.month.usd ?? 0) * 1e9), reserved: meter?.reservedUsd ?? 0 }, what).toEqual({
        spent,
        reserved: 0,
      });
      expect(meter?.inFlight ?? [], what).toEqual([]);
    }
  }
  // All share it, and it has no limits: what was counted just before a crash may be counted again, never less.
  const org = await showMeter({ ...admin, scope: 'org' });
  expect(Math.round((org?.month.usd ?? 0) * 1e9)).toBeGreaterThanOrEqual(total);
});
