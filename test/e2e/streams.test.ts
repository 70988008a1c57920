/** What a stream may lack, and what makes it an error: byte by byte, as no official SDK shows it. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chatChunk, type HostileProvider, startHostileProvider } from '../support/hostile-provider.ts';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify(chatChunk(delta, finish))}\n\n`;
const BROKEN = 'data: {"id":"c","choices":[{"index":0,"del\n\n';
const DONE = 'data: [DONE]\n\n';
const text = (content: string): string => chunk({ content });
const call = (fields: object): string => chunk({ tool_calls: [{ index: 0, ...fields }] });

const SCRIPTS: { readonly [model: string]: readonly string[] } = {
  'in-text': [text('Hel'), BROKEN, text('lo'), chunk({}, 'stop'), DONE],
  'too-many': [text('Hel'), BROKEN, BROKEN, BROKEN, BROKEN, text('lo'), chunk({}, 'stop'), DONE],
  'at-first': [BROKEN, text('Hello'), chunk({}, 'stop'), DONE],
  'in-call': [
    text('Well'),
    call({ id: 'x', type: 'function', function: { name: 'pay', arguments: '' } }),
    call({ function: { arguments: '{"amount":1' } }),
    BROKEN,
    call({ function: { arguments: '0}' } }),
    chunk({}, 'tool_calls'),
    DONE,
  ],
  'never-ends': [text('Hel'), BROKEN, text('lo')],
  'no-done': [text('Hello'), chunk({}, 'stop')],
  // The last line has no blank line behind it.
  'no-blank-line': [text('Hello'), chunk({}, 'stop').trimEnd()],
};

let provider: HostileProvider;
let stack: LocalStackProcess;
let key: string;
beforeAll(async () => {
  provider = await startHostileProvider((request, response, model) => {
    if (model === 'unstreamed') {
      const refusal = { error: { message: 'This model does not support streaming.', type: 'invalid_request_error' } };
      const isStream = request.headers.accept === 'text/event-stream';
      response.writeHead(isStream ? 400 : 200, { 'content-type': 'application/json' });
      const message = { role: 'assistant', content: 'Hello' };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      const whole = { id: 'c', object: 'chat.completion', model, choices, extra: 1 };
      response.end(JSON.stringify(isStream ? refusal : whole));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end((SCRIPTS[model] ?? []).join(''));
  });
  stack = await startLocalStack({
    config: `
providers:
  p: { dialect: openai-chat, baseUrl: ${provider.url} }
models:
${[...Object.keys(SCRIPTS), 'unstreamed'].map((name) => `  ${name}: { targets: [{ provider: p, model: ${name} }], attempts: ${name === 'unstreamed' ? 2 : 1} }`).join('\n')}
prices:
  - { provider: p, model: '*', input: 1, output: 1 }
`,
  });
  ({ key } = await stack.createKey('--team', 'streams'));
});
afterAll(async () => {
  await stack?.close();
  await provider?.close();
});

const ask = (model: string, more: object = {}): Promise<Response> =>
  fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello' }], ...more }),
  });

describe('a chunk that cannot be read', () => {
  it('is left out of a text, of the bytes that pass through too, and flagged', async () => {
    const response = await ask('in-text');
    const body = await response.text();
    expect(body).toBe([text('Hel'), text('lo'), chunk({}, 'stop'), DONE].join(''));
    const id = response.headers.get('x-tollgate-request-id');
    const sql = `SELECT outcome, flags[1] AS flag FROM requests WHERE request_id = '${id}'`;
    // The row is written behind the last byte.
    await vi.waitFor(
      async () => {
        expect(await stack.json('query', sql)).toEqual([{ outcome: 'ok', flag: 'malformed-chunk' }]);
      },
      { timeout: 20_000 },
    );
  });

  it('is left out of a whole answer', async () => {
    const answer = (await (await ask('in-text', { stream: false })).json()) as {
      readonly choices: readonly { readonly message: { readonly content: string } }[];
    };
    expect(answer.choices[0]?.message.content).toBe('Hello');
  });

  it.each([
    ['the fourth one', 'too-many', {}, 200],
    ['within a call', 'in-call', {}, 200],
    ['within JSON that was asked for', 'in-text', { response_format: { type: 'json_object' } }, 200],
    ['before the first content', 'at-first', {}, 502],
  ])('is an error: %s', async (_where, model, more, status) => {
    const response = await ask(model, more);
    const body = await response.text();
    expect([response.status, body]).toEqual([status, expect.stringContaining('"code":"provider_malformed"')]);
    expect(body).toContain(`"request_id":"${response.headers.get('x-tollgate-request-id')}"`);
    expect(body).not.toContain('[DONE]');
    expect((await ask(model, { ...more, stream: false })).status).toBe(502);
  });

  it('does not make an end of a stream that has none', async () => {
    const body = await (await ask('never-ends')).text();
    expect(body).toContain('"code":"provider_stream_truncated"');
    expect(body).not.toContain('[DONE]');
  });
});

describe('a stream that has finished', () => {
  it.each(['no-done', 'no-blank-line'])('gets the end that the provider left out: %s', async (model) => {
    expect(await (await ask(model)).text()).toBe([text('Hello'), chunk({}, 'stop'), DONE].join(''));
  });
});

it('a model that streams nothing is asked again for the whole answer, within the budget of attempts', async () => {
  const response = await ask('unstreamed', { stream: false });
  expect([response.status, await response.json()]).toMatchObject([200, { object: 'chat.completion', extra: 1 }]);
  expect(response.headers.get('x-tollgate-attempts')).toBe('2');
});
