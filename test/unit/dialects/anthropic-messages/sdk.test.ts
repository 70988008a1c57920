/** The official SDK reads the same bytes from a server on loopback; what it and the decoder understand must be one. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { decodeBytes, encode, encodeTarget, sse, streamOf } from './support.ts';

const message: JsonObject = {
  id: 'msg_sdk',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5',
  content: [
    { type: 'thinking', thinking: 'Two cities, two calls. 🌍', signature: 'c2lnbmF0dXJl' },
    { type: 'text', text: 'I look at Zürich and 東京.' },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Zürich', days: [1, 2] } },
    { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 40, cache_read_input_tokens: 7, output_tokens: 55 },
};

describe('the official SDK and the decoder', () => {
  let server: Server;
  let client: Anthropic;
  const bodies: JsonObject[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
        bodies.push(body);
        const streamed = body.stream === true;
        response.setHeader('content-type', streamed ? 'text/event-stream' : 'application/json');
        response.end(streamed ? sse(streamOf(message)) : JSON.stringify(message));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = new Anthropic({ apiKey: 'test', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 });
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  /** The encoder's bodies are what the SDK sends, so it is also shown that they fit through it. */
  const params = () =>
    encode({ maxOutputTokens: 100 }, encodeTarget('claude-sonnet-5'))
      .body as unknown as Anthropic.MessageCreateParamsNonStreaming;

  it('understand the same, streamed and whole', async () => {
    const whole = await client.messages.create(params());
    const streamed = await client.messages.stream(params()).finalMessage();
    const decodedWhole = foldEvents(provider.decodeResponse(message));
    const decodedStream = foldEvents(decodeBytes([new TextEncoder().encode(sse(streamOf(message)))]));
    for (const [read, decoded] of [
      [whole, decodedWhole],
      [streamed, decodedStream],
    ] as const) {
      expect(decoded.id).toBe(read.id);
      expect(decoded.model).toBe(read.model);
      expect(decoded.choices[0]?.rawReason).toBe(read.stop_reason);
      expect(decoded.usage).toMatchObject({
        inputTokens: read.usage.input_tokens,
        outputTokens: read.usage.output_tokens,
      });
      expect(decoded.choices[0]?.blocks.map(describePart)).toEqual(read.content.map(describeBlock));
    }
    expect(bodies).toHaveLength(2);
  });
});

function describePart(part: NonNullable<ReturnType<typeof foldEvents>['choices'][number]>['blocks'][number]): unknown {
  switch (part.type) {
    case 'text':
      return ['text', part.text];
    case 'reasoning':
      return ['thinking', part.text, part.signature?.value];
    case 'tool-call':
      return ['tool_use', part.id, part.name, JSON.parse(part.arguments)];
    default:
      return part;
  }
}

function describeBlock(block: Anthropic.ContentBlock): unknown {
  switch (block.type) {
    case 'text':
      return ['text', block.text];
    case 'thinking':
      return ['thinking', block.thinking, block.signature];
    case 'tool_use':
      return ['tool_use', block.id, block.name, block.input];
    default:
      return block;
  }
}
