/**
 * What Responses bodies mean and what its streams say, in full. The files are read and judged by people: a change of one
 * is a change of what providers or clients get.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest } from '../../../functions/core/chat.ts';
import type { AnswerContext, EncodedRequest, EncodeTarget } from '../../../functions/core/codec.ts';
import type { JsonObject } from '../../../functions/core/json.ts';
import {
  openaiResponsesClient as client,
  openaiResponsesProvider as provider,
} from '../../../functions/dialects/openai-responses/index.ts';
import { createSseFramer } from '../../../functions/framing/sse.ts';

const read = (...path: readonly string[]): string => readFileSync(join(import.meta.dirname, ...path), 'utf8');
const names = (folder: string, suffix: string): readonly string[] =>
  readdirSync(join(import.meta.dirname, folder))
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length));

interface GoldenRequest {
  readonly about: string;
  readonly body: JsonObject;
  readonly decoded: ChatRequest;
  readonly target: EncodeTarget;
  /** As a provider of this dialect gets the client's own body. */
  readonly forwarded: EncodedRequest;
  /** As it gets the same from a client of another dialect. */
  readonly encoded: EncodedRequest;
}

interface GoldenStream {
  readonly about: string;
  /** What the provider's bytes say. */
  readonly events: readonly ChatEvent[];
  readonly asked: JsonObject;
  readonly context: AnswerContext;
  /** What a client gets of them; the last event holds what it gets unstreamed. */
  readonly sent: readonly JsonObject[];
}

describe('requests', () => {
  it.each(names('requests', '.json'))('%s', (name) => {
    const golden = JSON.parse(read('requests', `${name}.json`)) as GoldenRequest;
    const decoded = client.decodeRequest(golden.body);
    expect(decoded).toEqual(golden.decoded);
    expect(JSON.parse(JSON.stringify(provider.encodeRequest(decoded, golden.target)))).toEqual(golden.encoded);
    const forwarded = provider.forwardRequest(golden.body, decoded, golden.target);
    // As text: the order of the keys is part of it.
    expect(JSON.stringify(forwarded)).toBe(JSON.stringify(golden.forwarded));
  });
});

describe('streams', { timeout: 60_000 }, () => {
  it.each(names('streams', '.sse'))('%s, cut at every byte', (name) => {
    const golden = JSON.parse(read('streams', `${name}.json`)) as GoldenStream;
    const bytes = new TextEncoder().encode(read('streams', `${name}.sse`));
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(decode([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(golden.events);
    }
  });

  it.each(names('streams', '.json'))('%s, for clients', (name) => {
    const { events, asked, context, sent } = JSON.parse(read('streams', `${name}.json`)) as GoldenStream;
    const request = client.decodeRequest(asked);
    const encoder = client.createEncoder(request, context);
    const text = events.map((event) => encoder.push(event)).join('') + encoder.end();
    expect(text).toBe(sent.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
    expect(client.encodeResponse(events, { ...context, request })).toEqual(sent.at(-1)?.response);
  });
});

function decode(chunks: readonly Uint8Array[]): readonly ChatEvent[] {
  const framer = createSseFramer();
  const decoder = provider.createDecoder();
  const frames = [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}
