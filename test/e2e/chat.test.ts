import OpenAI from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';

/** One alias for each provider dialect, answered at full speed. */
const CONFIG = `
providers:
  openai: { dialect: openai-chat, baseUrl: https://api.openai.com/v1, secret: openai }
  anthropic: { dialect: anthropic-messages, baseUrl: https://api.anthropic.com, secret: anthropic }
models:
  passthrough: { targets: [{ provider: openai, model: gpt-5-mini@fast }] }
  translated: { targets: [{ provider: anthropic, model: claude-sonnet-4-5@fast }] }
prices:
  - { provider: openai, model: 'gpt-5-mini*', input: 0.25, cacheRead: 0.025, output: 2 }
  - { provider: anthropic, model: 'claude-sonnet-4-5*', input: 3, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6, output: 15 }
`;

type Body = Omit<ChatCompletionCreateParamsNonStreaming, 'model'>;

interface Answer {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly finish: string | null;
  readonly usage: { readonly input: number; readonly output: number; readonly total: number };
}

let stack: LocalStackProcess;
let client: OpenAI;

beforeAll(async () => {
  stack = await startLocalStack({ config: CONFIG });
  const { key } = await stack.createKey('--team', 'e2e');
  client = new OpenAI({ apiKey: key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});
afterAll(() => stack?.close());

async function whole(model: string, body: Body): Promise<Answer> {
  const reply = await client.chat.completions.create({ ...body, model });
  const [choice] = reply.choices;
  if (choice === undefined || reply.usage === undefined) throw new Error(`incomplete: ${JSON.stringify(reply)}`);
  return {
    text: choice.message.content ?? '',
    calls: (choice.message.tool_calls ?? []).map((call) => {
      if (call.type !== 'function') throw new Error(`unexpected ${call.type}`);
      expect(call.id).not.toBe('');
      return { name: call.function.name, arguments: JSON.parse(call.function.arguments) as unknown };
    }),
    finish: choice.finish_reason,
    usage: { input: reply.usage.prompt_tokens, output: reply.usage.completion_tokens, total: reply.usage.total_tokens },
  };
}

async function streamed(model: string, body: Body): Promise<Answer> {
  const stream = await client.chat.completions.create({
    ...body,
    model,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let finish: string | null = null;
  let usage: Answer['usage'] | undefined;
  const calls: { id: string; name: string; arguments: string }[] = [];
  for await (const chunk of stream) {
    if (chunk.usage) {
      expect(chunk.choices).toEqual([]);
      usage = {
        input: chunk.usage.prompt_tokens,
        output: chunk.usage.completion_tokens,
        total: chunk.usage.total_tokens,
      };
    }
    const [choice] = chunk.choices;
    text += choice?.delta.content ?? '';
    finish = choice?.finish_reason ?? finish;
    for (const delta of choice?.delta.tool_calls ?? []) {
      const call = calls[delta.index] ?? { id: delta.id ?? '', name: delta.function?.name ?? '', arguments: '' };
      calls[delta.index] = call;
      call.arguments += delta.function?.arguments ?? '';
    }
  }
  if (usage === undefined) throw new Error('no usage chunk came');
  return {
    text,
    calls: calls.map((call) => {
      expect(call.id).not.toBe('');
      return { name: call.name, arguments: JSON.parse(call.arguments) as unknown };
    }),
    finish,
    usage,
  };
}

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const;
const clock = {
  type: 'function',
  function: { name: 'get_time', description: 'The time now', parameters: { type: 'object', properties: {} } },
} as const;

const CASES: readonly [string, Body, (answer: Answer) => void][] = [
  [
    'text',
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Tell me about toll gates.' },
      ],
    },
    (answer) => {
      expect(answer.text.length).toBeGreaterThan(10);
      expect(answer.finish).toBe('stop');
    },
  ],
  [
    'a length stop',
    { messages: [{ role: 'user', content: 'Tell me about toll gates.' }], max_completion_tokens: 5 },
    (answer) => expect(answer.finish).toBe('length'),
  ],
  [
    'parallel tool calls, one of them without arguments',
    { messages: [{ role: 'user', content: 'Weather in Oslo, and the time?' }], tools: [weather, clock] },
    (answer) => {
      expect(answer.finish).toBe('tool_calls');
      expect(answer.calls.map((call) => call.name).sort()).toEqual(['get_time', 'get_weather']);
      expect(answer.calls.find((call) => call.name === 'get_time')?.arguments).toEqual({});
      expect(answer.calls.find((call) => call.name === 'get_weather')?.arguments).toHaveProperty('city');
    },
  ],
  [
    'a turn with tool results in another order',
    {
      messages: [
        { role: 'user', content: 'Weather in Oslo, and the time?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
            { id: 'call_b', type: 'function', function: { name: 'get_time', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_b', content: '12:00' },
        { role: 'tool', tool_call_id: 'call_a', content: 'rain' },
      ],
      tools: [weather, clock],
    },
    (answer) => {
      expect(answer.finish).toBe('stop');
      expect(answer.text).toContain('rain');
      expect(answer.text).toContain('12:00');
    },
  ],
  [
    'an image by base64',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            {
              type: 'image_url',
              image_url: {
                url: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
              },
            },
          ],
        },
      ],
    },
    (answer) => expect(answer.finish).toBe('stop'),
  ],
];

describe.each(['passthrough', 'translated'])('the openai SDK through a %s target', (model) => {
  it.each(CASES)('gets %s, streamed and whole alike', async (_, body, check) => {
    const [inOne, inPieces] = [await whole(model, body), await streamed(model, body)];
    check(inOne);
    expect(inPieces).toEqual(inOne);
    expect(inOne.usage.input).toBeGreaterThan(0);
    expect(inOne.usage.output).toBeGreaterThan(0);
    expect(inOne.usage.total).toBe(inOne.usage.input + inOne.usage.output);
  });

  it('keeps usage to itself where the client did not ask', async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    });
    for await (const chunk of stream) expect(chunk.choices.length).toBeGreaterThan(0);
  });
});

describe('what the gateway adds', () => {
  it('says in headers who answered and what it cost', async () => {
    const { response } = await client.chat.completions
      .create({ model: 'passthrough', messages: [{ role: 'user', content: 'Hi' }] })
      .withResponse();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-tollgate-request-id': expect.stringMatching(/^req_/),
      'x-tollgate-provider': 'openai',
      'x-tollgate-model': 'gpt-5-mini@fast',
      'x-tollgate-attempts': '1',
      'x-tollgate-route': 'openai/gpt-5-mini@fast',
      'x-tollgate-cost-usd': expect.stringMatching(/^0\.0\d+$/),
    });
  });

  it('lists the aliases, and answers /health without a key', async () => {
    const models = await client.models.list();
    expect(models.data.map((model) => model.id)).toEqual(['passthrough', 'translated']);
    const health = await fetch(`${stack.url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('reaches a model by provider/model', async () => {
    const reply = await client.chat.completions.create({
      model: 'anthropic/claude-sonnet-4-5@fast',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(reply.choices[0]?.message.content).toBeTruthy();
  });
});
