import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';

const CONFIG = `
providers:
  openai: { dialect: openai-chat, baseUrl: https://api.openai.com/v1, secret: openai }
  anthropic: { dialect: anthropic-messages, baseUrl: https://api.anthropic.com, secret: anthropic }
models:
  a: { targets: [{ provider: openai, model: gpt-5-mini@fast }] }
  b: { targets: [{ provider: anthropic, model: claude-sonnet-4-5@fast }] }
  vectors: { targets: [{ provider: openai, model: text-embedding-3-small }] }
prices:
  - { provider: openai, model: '*', input: 0.25, output: 2 }
  - { provider: anthropic, model: '*', input: 3, output: 15 }
`;

let stack: LocalStackProcess;
beforeAll(async () => {
  stack = await startLocalStack({ config: CONFIG });
});
afterAll(() => stack?.close());

interface Asked {
  readonly path?: string;
  readonly body?: object;
  readonly user?: string;
}

const messages = [{ role: 'user', content: 'Hello there' }];
const ask = (key: string, { path = '/v1/chat/completions', body = {}, user }: Asked): Promise<Response> =>
  fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(user === undefined ? {} : { 'x-tollgate-user': user }),
    },
    body: JSON.stringify({ model: 'a', ...body }),
  });

async function usersOf(team: string, count: number): Promise<readonly (string | null)[]> {
  const found = await stack.rows<{ user_id: string | null }>(
    `SELECT user_id FROM requests WHERE team = '${team}' ORDER BY started_at`,
    count,
  );
  return found.map(({ user_id: user }) => user);
}

describe('a key that may name its end user', () => {
  it('has each of them under a meter of their own, by header or by the field of each dialect', async () => {
    const { key } = await stack.createKey('--team', 'naming', '--user', 'service', '--allow-user-header');
    const input = [{ type: 'message', role: 'user', content: 'Hello there' }];
    const asks: readonly Asked[] = [
      { body: { messages }, user: 'header-user' },
      { body: { messages, user: 'chat-user' } },
      { path: '/v1/messages', body: { messages, max_tokens: 50, metadata: { user_id: 'messages:user' } } },
      { path: '/v1/responses', body: { input, safety_identifier: 'responses-user' } },
      { path: '/v1/embeddings', body: { model: 'vectors', input: 'Hello', user: 'vector-user' } },
      { body: { messages, user: 'overruled' }, user: 'header-user' },
      { body: { messages } },
    ];
    for (const each of asks) {
      const response = await ask(key, each);
      expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    }
    expect(await usersOf('naming', asks.length)).toEqual([
      'header-user',
      'chat-user',
      'messages:user',
      'responses-user',
      'vector-user',
      'header-user',
      'service',
    ]);
    const meter = await stack.json<{ month: { usd: number } }>('quotas', 'show', 'user:messages:user');
    expect(meter.month.usd).toBeGreaterThan(0);
  });

  it('is held to the limits of the person, and of nobody else', async () => {
    const { key } = await stack.createKey('--team', 'limited', '--allow-user-header');
    await stack.json('quotas', 'set', 'user:greedy', '--rpm', '1');
    const status = async (asked: Asked): Promise<number> => (await ask(key, asked)).status;
    expect(await status({ body: { messages }, user: 'greedy' })).toBe(200);
    const denied = await ask(key, { body: { messages, user: 'greedy' } });
    expect([denied.status, await denied.text()]).toEqual([429, expect.stringContaining('user:greedy')]);
    expect(await status({ body: { messages }, user: 'modest' })).toBe(200);
  });

  it('sends the field to the provider as before, and the header never', async () => {
    const { key } = await stack.createKey('--allow-user-header');
    expect((await ask(key, { body: { messages, user: 'told' }, user: 'untold' })).status).toBe(200);
    const journal = await (await fetch(`${stack.info.endpoints.providers}/requests?last=1`)).text();
    expect(journal).toContain('told');
    expect(journal).not.toContain('untold');
  });

  it.each([
    [{ body: { messages }, user: 'a#1' }, 'x-tollgate-user'],
    [{ body: { messages, user: 'x'.repeat(129) } }, 'user'],
    [{ body: { messages, user: '' } }, 'user'],
  ])('gets a 400 for a name that cannot be a scope: %#', async (asked, param) => {
    const { key } = await stack.createKey('--allow-user-header');
    const response = await ask(key, asked);
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param } }]);
  });
});

describe('any other key', () => {
  it('speaks for itself, whatever a request says', async () => {
    const { key } = await stack.createKey('--team', 'plain', '--user', 'ann');
    expect((await ask(key, { body: { messages, user: 'bob#' } })).status).toBe(200);
    expect((await ask(key, { body: { messages }, user: 'bob' })).status).toBe(200);
    expect(await usersOf('plain', 2)).toEqual(['ann', 'ann']);
  });
});

describe('tollgate keys', () => {
  it('shows what a key may do, and refuses a priority that there is not', async () => {
    const { id } = await stack.createKey('--allow-user-header', '--max-priority', '5');
    const listed = await stack.json<readonly { id: string }[]>('keys', 'list');
    expect(listed.find((key) => key.id === id)).toMatchObject({ namesUsers: true, maxPriority: 5 });
    const refused = await stack.tollgate('keys', 'create', '--max-priority', '10');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('0 to 9')]);
  });
});
