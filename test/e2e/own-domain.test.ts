/** The gateway behind a domain of its own: who comes past it shows no secret. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../functions/adapters/key-admin.ts';
import { ENV, ORIGIN_HEADER } from '../../functions/env.ts';
import { adminOf, type Fleet, startFleet } from '../support/gateway-fleet.ts';

let fleet: Fleet;
let url: string;
let key: string;

beforeAll(async () => {
  fleet = await startFleet((_request, response) => response.end(), {
    models: { smart: { targets: [{ provider: 'upstream', model: 'm' }] } },
  });
  // The fleet has one secret; which one it is makes no difference.
  ({ url } = await fleet.start({ env: { [ENV.originSecret]: 'upstream' } }));
  key = (await createKey(adminOf(fleet.table))).key;
});
afterAll(() => fleet.close());

describe('behind a domain of its own', () => {
  const models = (headers: { readonly [name: string]: string }) =>
    fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}`, ...headers } });

  it('serves what came by the domain', async () => {
    expect((await models({ [ORIGIN_HEADER]: 'sk-upstream' })).status).toBe(200);
  });

  it.each([[{}], [{ [ORIGIN_HEADER]: 'sk-upstrea' }], [{ [ORIGIN_HEADER]: '' }]])(
    'refuses who came past it: %j',
    async (headers) => {
      const response = await models(headers);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('its own domain') } });
    },
  );

  it('says that it is well to everybody', async () => {
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});
