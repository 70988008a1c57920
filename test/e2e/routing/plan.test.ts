/** Who is passed over before anything is sent, who takes over what was too long, and what a caller is told where nobody can. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, type GatewayProcess, startFleet } from '../../support/gateway-fleet.ts';
import { type Ask, createAsk, createToldUpstream } from './support.ts';

const target = (model: string) => ({ provider: 'upstream', model });
const upstream = createToldUpstream();
let fleet: Fleet;
let gateway: GatewayProcess;
let ask: Ask;
beforeAll(async () => {
  fleet = await startFleet(upstream.handle, {
    models: {
      sized: { targets: [target('small')], fallbacks: [target('large')] },
      tight: { targets: [target('small')] },
      plain: { targets: [target('blind')], fallbacks: [target('small')] },
      blind: { targets: [target('blind')] },
      grows: { targets: [target('medium')], fallbacks: [target('small'), target('unknown'), target('large')] },
      stays: { targets: [target('medium')], fallbacks: [target('small'), target('unknown')] },
    },
    capabilities: [
      { provider: 'upstream', model: 'small', contextTokens: 1_000 },
      { provider: 'upstream', model: 'medium', contextTokens: 20_000 },
      { provider: 'upstream', model: 'large', contextTokens: 1_000_000 },
      { provider: 'upstream', model: 'blind', images: false, tools: false, jsonSchema: false },
    ],
  });
  gateway = await fleet.start();
  ask = await createAsk(fleet);
  const error = { message: 'Too long.', type: 'invalid_request_error', code: 'context_length_exceeded' };
  for (const model of ['medium', 'unknown']) upstream.tell(model, { status: 400, error });
}, 60_000);
afterAll(() => fleet?.close());

const long = { messages: [{ role: 'user', content: 'A word and another word. '.repeat(1_000) }] };
const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
const withImage = { messages: [{ role: 'user', content: [IMAGE, { type: 'text', text: 'What is it?' }] }] };
const TOOLS = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];

describe('a window that is too small', () => {
  it('is passed over for a larger one', async () => {
    const { status, model, route } = await ask(gateway, 'sized', long);
    expect({ status, model, route }).toEqual({
      status: 200,
      model: 'large',
      route: 'upstream/small!window, upstream/large',
    });
    expect((await ask(gateway, 'sized')).route).toBe('upstream/small, upstream/large');
  });

  it('counts the cap of the answer too', async () => {
    expect((await ask(gateway, 'sized', { max_tokens: 900 })).model).toBe('small');
    expect((await ask(gateway, 'sized', { max_tokens: 1_001 })).model).toBe('large');
  });

  it('is a 400 that says so where there is no other', async () => {
    const before = upstream.calls('small');
    const { status, body, route } = await ask(gateway, 'tight', long);
    expect({ status, route }).toEqual({ status: 400, route: 'upstream/small!window' });
    expect(body.error).toMatchObject({ code: 'context_length_exceeded', param: 'messages' });
    expect(body.error?.message).toContain('1000 tokens');
    expect(upstream.calls('small')).toBe(before);
  });
});

describe('what a model cannot take', () => {
  it.each([
    ['images', withImage, 'messages', 'images'],
    ['tools', { tools: TOOLS }, 'tools', 'tools'],
    [
      'a JSON schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } } },
      'response_format',
      'JSON schema',
    ],
  ])(
    '%s: goes to a target that can, and is a 400 that names it where there is none',
    async (_what, more, param, words) => {
      expect(await ask(gateway, 'plain', more)).toMatchObject({
        status: 200,
        model: 'small',
        route: 'upstream/blind!capability, upstream/small',
      });
      const { status, body } = await ask(gateway, 'blind', more);
      expect({ status, param: body.error?.param }).toEqual({ status: 400, param });
      expect(body.error?.message).toContain(words);
      expect((await ask(gateway, 'blind')).status).toBe(200);
    },
  );
});

describe('a request that a provider finds too long', () => {
  it('goes on to larger known windows only', async () => {
    const before = { small: upstream.calls('small'), unknown: upstream.calls('unknown') };
    expect(await ask(gateway, 'grows')).toMatchObject({ status: 200, model: 'large' });
    expect({ small: upstream.calls('small'), unknown: upstream.calls('unknown') }).toEqual(before);
  });

  it('is its error where there is none', async () => {
    const { status, body } = await ask(gateway, 'stays');
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'context_length_exceeded' });
  });
});

it('a key that may ask for a target may ask any alias for it, and gets that target only', async () => {
  const limited = await createAsk(fleet, { models: ['upstream/large'] });
  expect(await limited(gateway, 'sized')).toMatchObject({
    status: 200,
    model: 'large',
    route: 'upstream/small!not-allowed, upstream/large',
  });
  expect((await limited(gateway, 'tight')).status).toBe(403);
});
