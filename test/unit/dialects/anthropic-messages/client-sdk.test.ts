/** The official SDK reads what the encoders write, from a server on loopback: streamed in tiny pieces, and whole. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { anthropicMessagesClient as codec } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { CASES } from './client-cases.ts';
import { begin, block, CONTEXT, call, finish, say, start, usage } from './client-support.ts';

/** What the server answers with, and how many bytes it writes at once. */
interface Script {
  readonly events: readonly ChatEvent[];
  readonly error?: GatewayError;
  readonly pieceBytes?: number;
}

const params: Anthropic.MessageCreateParamsNonStreaming = {
  model: 'smart',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hello' }],
};

describe('the official SDK', { timeout: 30_000 }, () => {
  let server: Server;
  let client: Anthropic;
  let script: Script = { events: [] };

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => answer(JSON.parse(Buffer.concat(chunks).toString()) as JsonObject, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = new Anthropic({ apiKey: 'test', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 });
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  function answer(body: JsonObject, response: ServerResponse): void {
    const { events, error, pieceBytes } = script;
    const request = codec.decodeRequest(body);
    if (!request.stream) {
      const { status, body: json } =
        error === undefined
          ? { status: 200, body: codec.encodeResponse(events, CONTEXT) }
          : codec.encodeError(error, 'req7');
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const encoder = codec.createEncoder(request, CONTEXT);
    const text = `: ping\n\n${events.map((event) => encoder.push(event)).join(': ping\n\n')}${
      error === undefined ? encoder.end() : encoder.fail(error)
    }`;
    const bytes = Buffer.from(text);
    const size = pieceBytes ?? bytes.length;
    for (let from = 0; from < bytes.length; from += size) response.write(bytes.subarray(from, from + size));
    response.end();
  }

  const read = async (next: Script): Promise<{ whole: Anthropic.Message; streamed: Anthropic.Message }> => {
    script = next;
    const whole = await client.messages.create(params);
    const streamed = await client.messages.stream(params).finalMessage();
    return { whole: plain(whole), streamed: plain(streamed) };
  };

  it.each(CASES)('reads %s, streamed as whole', async (_, blocks, content) => {
    const counted = usage({ inputTokens: 12, outputTokens: 9, reasoningTokens: 3, cacheReadTokens: 4 });
    const { whole, streamed } = await read({ events: [start, ...blocks, finish('stop'), counted] });
    expect(whole.content).toEqual(content);
    expect(streamed).toEqual(whole);
    expect(whole.usage).toMatchObject({ input_tokens: 12, output_tokens: 9, cache_read_input_tokens: 4 });
  });

  it.each(['stop', 'length', 'tool-calls', 'content-filter', 'refusal'] as const)(
    'reads that it ended with %s',
    async (reason) => {
      const { whole, streamed } = await read({
        events: [start, ...block(0, { type: 'text' }, 'x'), finish(reason)],
      });
      expect(streamed).toEqual(whole);
      expect(whole.stop_reason).not.toBeNull();
    },
  );

  it('reads a call that was cut off alike, too', async () => {
    const cut = block(0, call('a', 'f'), '{"city":"Z', 'ürich","days":[1,', '2');
    const { whole, streamed } = await read({ events: [start, ...cut, finish('length')] });
    expect(whole.content).toEqual([{ type: 'tool_use', id: 'a', name: 'f', input: { city: 'Zürich', days: [1] } }]);
    expect(streamed).toEqual(whole);
  });

  it('reads a stream in pieces of any size', async () => {
    const events = [
      start,
      ...block(0, { type: 'reasoning' }, 'Denke… 🌍'),
      ...block(1, { type: 'text' }, 'Grüße an 東京 🌍'),
      ...block(2, call('a', 'f'), '{"ort":', '"Zürich"}'),
      finish('tool-calls'),
    ];
    const { whole } = await read({ events });
    for (const pieceBytes of [1, 2, 3, 7, 64]) {
      expect((await read({ events, pieceBytes })).streamed).toEqual(whole);
    }
  });

  it('fails where the stream does', async () => {
    script = {
      events: [start, begin(0, { type: 'text' }), say(0, 'Half of')],
      error: new GatewayError('upstream-truncated', 'The provider hung up.'),
    };
    const stream = client.messages.stream(params);
    await expect(stream.finalMessage()).rejects.toMatchObject({
      type: 'api_error',
      apiMessage: 'The provider hung up.',
      errorCode: 'provider_stream_truncated',
    });
    expect(stream.receivedMessages).toEqual([]);
  });

  it('tells errors apart', async () => {
    script = { events: [], error: new GatewayError('budget-exhausted', 'The budget is used up.') };
    await expect(client.messages.create(params)).rejects.toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      errorCode: 'insufficient_quota',
      apiMessage: 'The budget is used up.',
    });
    expect(await client.messages.create(params).catch((error: unknown) => error)).toBeInstanceOf(
      Anthropic.RateLimitError,
    );
  });
});

/** Without the getters and fields that the SDK adds. */
function plain(message: Anthropic.Message): Anthropic.Message {
  const copy = JSON.parse(JSON.stringify(message)) as Anthropic.Message & { readonly parsed_output?: unknown };
  const { parsed_output: _, ...rest } = copy;
  return rest;
}
