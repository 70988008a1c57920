/** After a roll-back over a raised version of the layout: what a gateway says of items that only the newer one can read. */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashKey } from '../../functions/adapters/hash-key.ts';
import { createKey } from '../../functions/adapters/key-admin.ts';
import { setLimits } from '../../functions/adapters/meter-admin.ts';
import { createChatUpstream } from '../support/chat-upstream.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../support/gateway-fleet.ts';

describe.each([
  { mode: 'closed', meter: 503 },
  { mode: 'open', meter: 200 },
] as const)('with onLedgerFailure: $mode', ({ mode, meter }) => {
  let fleet: Fleet;
  let gateway: GatewayProcess;
  let log = '';
  beforeAll(async () => {
    fleet = await startFleet(createChatUpstream().handle, {
      onLedgerFailure: mode,
      models: { smart: { targets: [{ provider: 'upstream', model: 'quick' }] } },
      prices: [{ provider: 'upstream', model: '*', input: 1, output: 2 }],
    });
    gateway = await fleet.start({ patient: true });
    gateway.child.stdout?.on('data', (text) => {
      log += text;
    });
  });
  afterAll(() => fleet?.close());

  const ask = async (key: string) => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'Say [hello]' }] }),
    });
    return { status: response.status, body: await response.text() };
  };

  async function makeNewer(pk: string, sk: string): Promise<void> {
    const { client, table } = adminOf(fleet.table);
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { pk: { S: pk }, sk: { S: sk } },
        UpdateExpression: 'SET #v = :v',
        ExpressionAttributeNames: { '#v': 'v' },
        ExpressionAttributeValues: { ':v': { N: '99' } },
      }),
    );
  }

  it('a key is not unknown: 503, and a line for the operator', async () => {
    const { key, id } = await createKey(adminOf(fleet.table));
    await makeNewer('keys', hashKey(key));
    const { status, body } = await ask(key);
    expect({ status, body }).toMatchObject({ status: 503, body: expect.stringContaining('newer Tollgate (v 99') });
    await expect.poll(() => log).toMatch(new RegExp(`"level":"error".*keys / ${id} was written by a newer`));
  });

  it(`a meter that cannot be read is as a ledger that does not answer: ${meter}`, async () => {
    const { key } = await createKey({ ...adminOf(fleet.table), team: 'search' });
    await setLimits({ ...adminOf(fleet.table), scope: 'team:search', limits: { budget_day_usd: 10 } });
    await makeNewer('meter#team:search', 'meter');
    expect(await ask(key)).toMatchObject({ status: meter });
    await expect.poll(() => log).toMatch(/"level":"error".*meter#team:search was written by a newer/);
  });
});
