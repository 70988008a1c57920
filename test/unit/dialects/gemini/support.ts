import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChatEvent, ChatRequest } from '../../../../functions/core/chat.ts';
import type { EncodedRequest, EncodeTarget, Frame, Restore } from '../../../../functions/core/codec.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { NO_QUIRKS } from '../../../../functions/core/quirks.ts';
import { geminiClient as client, geminiProvider as provider } from '../../../../functions/dialects/gemini/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';
import { chatRequest } from '../../../support/chat-request.ts';

export const CONTEXT = { requestId: 'req1', createdAt: 1_700_000_000 };

export const HELLO: JsonObject = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };

/** A request of a client, its fields beside a greeting. */
export function decode(fields: JsonObject = {}): ChatRequest {
  return client.decodeRequest({ ...HELLO, ...fields }, { model: 'smart', stream: false });
}

/** A model with budgets and without signed calls, unless a test says otherwise. */
export function encodeTarget(model = 'gemini-2.5-flash', unsupported: readonly string[] = []): EncodeTarget {
  return { model, defaultMaxOutputTokens: 8_192, quirks: { ...NO_QUIRKS, unsupported } };
}

export function encode(fields: Partial<ChatRequest>, model?: string): EncodedRequest {
  return provider.encodeRequest(chatRequest(fields), encodeTarget(model));
}

export function sse(chunks: readonly JsonObject[]): string {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');
}

export function decodeBytes(chunks: readonly Uint8Array[], restore?: Restore): readonly ChatEvent[] {
  const framer = createSseFramer();
  const decoder = provider.createDecoder(restore);
  const frames: Frame[] = [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

export function decodeChunks(chunks: readonly JsonObject[], restore?: Restore): readonly ChatEvent[] {
  return decodeBytes([new TextEncoder().encode(sse(chunks))], restore);
}

/** A chunk as the API sends it, with these parts. */
export function chunkOf(parts: readonly JsonObject[], fields: JsonObject = {}): JsonObject {
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...fields }],
    modelVersion: 'gemini-3.8-flash',
    responseId: 'rsp-1',
  };
}

/** What an answer's events are for a client that streams. */
export function encodeStream(
  events: readonly ChatEvent[],
  format: 'sse' | 'json-array' = 'sse',
  request: ChatRequest = chatRequest(),
): string {
  const encoder = client.createEncoder(request, { ...CONTEXT, format });
  return events.map((event) => encoder.push(event)).join('') + encoder.end();
}

export interface Seen {
  readonly url: string;
  readonly body: JsonObject;
}

export interface Backend {
  readonly url: string;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly text: string;
}

/** A server on loopback that the official SDK talks to. */
export async function startBackend(answer: (seen: Seen) => Answer): Promise<Backend> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { url: request.url ?? '', body: JSON.parse(Buffer.concat(chunks).toString()) as JsonObject };
      seen.push(one);
      const { status = 200, type, text } = answer(one);
      const streamed = one.url.includes('alt=sse');
      response.writeHead(status, { 'content-type': type ?? (streamed ? 'text/event-stream' : 'application/json') });
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
