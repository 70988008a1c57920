/** The official SDK sends to a server on loopback that answers with what the encoder makes of neutral events. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';
import { openaiResponsesClient as codec } from '../../../../functions/dialects/openai-responses/index.ts';
import { CONTEXT, encodeStream } from './support.ts';

const ANSWER: readonly ChatEvent[] = [
  { type: 'response-start', id: 'msg_9', model: 'claude-x', createdAt: 1_700_000_005 },
  { type: 'block-start', index: 0, choice: 0, block: { type: 'reasoning' } },
  { type: 'block-delta', index: 0, text: 'Two cities, ' },
  { type: 'block-delta', index: 0, text: 'two calls.' },
  { type: 'block-signature', index: 0, signature: { origin: 'anthropic-messages', value: 'c2ln' } },
  { type: 'block-end', index: 0 },
  { type: 'block-start', index: 1, choice: 0, block: { type: 'text' } },
  { type: 'block-delta', index: 1, text: 'I look at Zürich ' },
  { type: 'block-delta', index: 1, text: 'and 東京.' },
  { type: 'block-end', index: 1 },
  {
    type: 'block-start',
    index: 2,
    choice: 0,
    block: { type: 'tool-call', id: 'c1', name: 'weather', kind: 'function' },
  },
  { type: 'block-delta', index: 2, text: '{"city":' },
  { type: 'block-start', index: 3, choice: 0, block: { type: 'tool-call', id: 'c2', name: 'now', kind: 'function' } },
  { type: 'block-start', index: 4, choice: 0, block: { type: 'tool-call', id: 'c3', name: 'sql', kind: 'custom' } },
  { type: 'block-delta', index: 4, text: 'SELECT 1' },
  { type: 'block-delta', index: 2, text: '"Zürich"}' },
  { type: 'block-signature', index: 2, signature: { origin: 'gemini', value: 'Y2FsbA==' } },
  { type: 'block-end', index: 2 },
  { type: 'block-end', index: 3 },
  { type: 'block-end', index: 4 },
  { type: 'finish', choice: 0, reason: 'tool-calls' },
  { type: 'usage', usage: { ...NO_USAGE, inputTokens: 40, cacheReadTokens: 7, outputTokens: 55, reasoningTokens: 5 } },
];
const BROKEN: readonly ChatEvent[] = ANSWER.slice(0, 9);
const JSON_ANSWER: readonly ChatEvent[] = [
  { type: 'response-start', id: 'x', model: 'claude-x' },
  { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } },
  { type: 'block-delta', index: 0, text: '{"answer":42}' },
  { type: 'block-end', index: 0 },
  { type: 'finish', choice: 0, reason: 'stop' },
];

const TOOLS = [
  { type: 'function', name: 'weather', parameters: { type: 'object' }, strict: false },
  { type: 'function', name: 'now', parameters: { type: 'object' }, strict: false },
  { type: 'custom', name: 'sql' },
] as const;
const params = (model: string) => ({ model, input: 'Where is it warmer?', tools: [...TOOLS], store: false });

describe('the official SDK', () => {
  let server: Server;
  let client: OpenAI;
  const requests: ChatRequest[] = [];

  beforeAll(async () => {
    server = createServer((incoming, reply) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const request = codec.decodeRequest(JSON.parse(Buffer.concat(chunks).toString()) as JsonObject);
        requests.push(request);
        if (incoming.url !== '/v1/responses') throw new Error(`asked for ${incoming.url}`);
        const events = request.model === 'json' ? JSON_ANSWER : ANSWER;
        if (request.model === 'refused') {
          const { status, body } = codec.encodeError(new GatewayError('rate-limited', 'Slow down.'), 'req1');
          reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        } else if (!request.stream) {
          reply.setHeader('content-type', 'application/json');
          reply.end(JSON.stringify(codec.encodeResponse(events, { ...CONTEXT, request })));
        } else if (request.model === 'broken') {
          const encoder = codec.createEncoder(request, CONTEXT);
          reply.setHeader('content-type', 'text/event-stream');
          reply.write(BROKEN.map((event) => encoder.push(event)).join(''));
          reply.end(encoder.fail(new GatewayError('upstream-truncated', 'It broke off.')));
        } else {
          reply.setHeader('content-type', 'text/event-stream');
          reply.end(encodeStream(events, request));
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = new OpenAI({ apiKey: 'test', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  it('reads the same answer whole, streamed, and put together from its stream', async () => {
    const whole = await client.responses.create(params('smart'));
    const helper = client.responses.stream(params('smart'));
    const accumulated = await helper.finalResponse();
    let completed: OpenAI.Responses.Response | undefined;
    const texts: string[] = [];
    for await (const event of await client.responses.create({ ...params('smart'), stream: true })) {
      if (event.type === 'response.output_text.delta') texts.push(event.delta);
      if (event.type === 'response.completed') completed = event.response;
    }
    const { output_text: _, ...plain } = whole;
    expect(completed).toMatchObject(plain);
    // The helper adds what it parsed: `parsed` of texts, `parsed_arguments` of calls.
    const parsed = JSON.parse(
      JSON.stringify(accumulated.output, (key, value) => (key.startsWith('parsed') ? undefined : value)),
    );
    expect(parsed).toEqual(whole.output);
    expect(whole.output_text).toBe('I look at Zürich and 東京.');
    expect([accumulated.output_text, texts.join('')]).toEqual([whole.output_text, whole.output_text]);
    expect([accumulated.usage, accumulated.status]).toEqual([whole.usage, 'completed']);
    expect(whole.usage?.total_tokens).toBe(102);
    const calls = whole.output.flatMap((item) =>
      item.type === 'function_call'
        ? [[item.name, item.arguments]]
        : item.type === 'custom_tool_call'
          ? [[item.name, item.input]]
          : [],
    );
    expect(calls).toEqual([
      ['weather', '{"city":"Zürich"}'],
      ['now', '{}'],
      ['sql', 'SELECT 1'],
    ]);
  });

  it('keeps every item for the next turn, which says what the answer said', async () => {
    const { output } = await client.responses.create(params('smart'));
    await client.responses.create({
      ...params('smart'),
      input: [
        { role: 'user', content: 'Where is it warmer?' },
        ...(output as OpenAI.Responses.ResponseInputItem[]),
        { type: 'function_call_output', call_id: 'c2', output: 'noon' },
        { type: 'custom_tool_call_output', call_id: 'c3', output: '1' },
        { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: '30°' }] },
      ],
    });
    const [, said, results] = requests.at(-1)?.messages ?? [];
    expect(said?.content).toEqual(foldEvents(ANSWER).choices[0]?.blocks);
    expect(results?.content.map((part) => part.type === 'tool-result' && part.callId)).toEqual(['c2', 'c3', 'c1']);
  });

  it('parses structured output', async () => {
    const parsed = await client.responses.parse({
      model: 'json',
      input: 'What is it?',
      text: { format: { type: 'json_schema', name: 'answer', schema: { type: 'object' }, strict: true } },
    });
    expect(JSON.parse(parsed.output_text)).toEqual({ answer: 42 });
  });

  it('throws where a stream breaks off, and has what came before', async () => {
    const texts: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of await client.responses.create({ ...params('broken'), stream: true })) {
        if (event.type === 'response.output_text.delta') texts.push(event.delta);
      }
    };
    const error = await read().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: 'provider_stream_truncated', type: 'server_error' });
    expect(String(error)).toContain('It broke off.');
    expect(texts.join('')).toBe('I look at Zürich and 東京.');
    await expect(client.responses.stream(params('broken')).finalResponse()).rejects.toThrow('It broke off.');
  });

  it('knows an error by its class', async () => {
    await expect(client.responses.create(params('refused'))).rejects.toBeInstanceOf(OpenAI.RateLimitError);
  });
});
