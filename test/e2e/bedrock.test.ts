/** Clients of OpenAI in front of Bedrock, without one of its keys: as `npm start` answers them. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

const CONFIG = `
providers:
  bedrock: { dialect: bedrock-converse, region: eu-central-1 }
models:
  smart:
    targets: [{ provider: bedrock, model: '${CLAUDE}@fast' }]
  shaky:
    targets: [{ provider: bedrock, model: '${CLAUDE}@429' }]
    fallbacks: [{ provider: bedrock, model: '${CLAUDE}@fast' }]
  cut:
    targets: [{ provider: bedrock, model: '${CLAUDE}@fast+cut-at-5' }]
  throttled:
    targets: [{ provider: bedrock, model: '${CLAUDE}@fast+error-event-at-5' }]
prices:
  - { provider: bedrock, model: '${CLAUDE}*', input: 3, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6, output: 15 }
`;

let stack: LocalStackProcess;
let client: OpenAI;
beforeAll(async () => {
  stack = await startLocalStack({ config: CONFIG });
  const { key } = await stack.createKey('--team', 'e2e');
  client = new OpenAI({ apiKey: key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});
afterAll(() => stack?.close());

const ask = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'What does the toll cost?' }] });

async function streamed(model: string) {
  const stream = await client.chat.completions.create({
    ...ask(model),
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return {
    text: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''),
    finish: chunks.findLast((chunk) => chunk.choices[0]?.finish_reason)?.choices[0]?.finish_reason,
    usage: chunks.at(-1)?.usage,
  };
}

describe('Bedrock behind Chat Completions', () => {
  it('answers the same, streamed and whole, and is paid for', async () => {
    const { data: whole, response } = await client.chat.completions.create(ask('smart')).withResponse();
    const [choice] = whole.choices;
    expect(choice?.message.content).toContain('What does the toll cost?');
    expect(await streamed('smart')).toEqual({ text: choice?.message.content, finish: 'stop', usage: whole.usage });
    expect(response.headers.get('x-tollgate-provider')).toBe('bedrock');
    expect(Number(response.headers.get('x-tollgate-cost-usd'))).toBeGreaterThan(0);
  });

  it('fails over before the first token', async () => {
    const { data, response } = await client.chat.completions.create(ask('shaky')).withResponse();
    expect(data.choices[0]?.finish_reason).toBe('stop');
    expect(response.headers.get('x-tollgate-attempts')).toBe('2');
    expect((await streamed('shaky')).finish).toBe('stop');
  });

  it.each([
    ['cut', 'provider_stream_truncated'],
    ['throttled', 'provider_rate_limited'],
  ])('says what broke a stream that had begun: %s', async (model, code) => {
    await expect(streamed(model)).rejects.toMatchObject({ code });
  });
});
