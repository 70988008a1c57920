/**
 * What bodies of the Gemini API mean and what its streams say, in full. The files are read and judged by people: a change
 * of one is a change of what providers or clients get.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest } from '../../../functions/core/chat.ts';
import type { AnswerContext, EncodedRequest, EncodeTarget } from '../../../functions/core/codec.ts';
import type { Json, JsonObject } from '../../../functions/core/json.ts';
import { geminiClient as client, geminiProvider as provider } from '../../../functions/dialects/gemini/index.ts';
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
  readonly forwarded: EncodedRequest;
  readonly encoded: EncodedRequest;
}

interface GoldenStream {
  readonly about: string;
  /** What the provider's bytes say. */
  readonly events: readonly ChatEvent[];
  readonly context: AnswerContext;
  /** What a client gets of them, streamed and whole. */
  readonly chunks: readonly Json[];
  readonly response: JsonObject;
}

describe('requests', () => {
  it.each(names('requests', '.json'))('%s', (name) => {
    const golden = JSON.parse(read('requests', `${name}.json`)) as GoldenRequest;
    const decoded = client.decodeRequest(golden.body, { model: 'smart', stream: false });
    expect(decoded).toEqual(golden.decoded);
    expect(provider.encodeRequest(decoded, golden.target)).toEqual(golden.encoded);
    const forwarded = provider.forwardRequest(golden.body, decoded, golden.target);
    // As text: the order of the keys is part of it.
    expect(JSON.stringify(forwarded)).toBe(JSON.stringify(golden.forwarded));
  });
});

describe('streams', () => {
  it.each(names('streams', '.sse'))('%s, cut at every byte', (name) => {
    const golden = JSON.parse(read('streams', `${name}.json`)) as GoldenStream;
    const bytes = new TextEncoder().encode(read('streams', `${name}.sse`));
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(decode([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(golden.events);
    }
  });

  it.each(names('streams', '.json'))('%s, for clients', (name) => {
    const { events, context, chunks, response } = JSON.parse(read('streams', `${name}.json`)) as GoldenStream;
    const request = client.decodeRequest({ contents: [{ parts: [{ text: 'hi' }] }] }, { model: 'smart', stream: true });
    const stream = (format: 'sse' | 'json-array'): string => {
      const encoder = client.createEncoder(request, { ...context, format });
      return events.map((event) => encoder.push(event)).join('') + encoder.end();
    };
    expect(stream('sse')).toBe(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''));
    expect(JSON.parse(stream('json-array'))).toEqual(chunks);
    expect(client.encodeResponse(events, context)).toEqual(response);
  });
});

function decode(chunks: readonly Uint8Array[]): readonly ChatEvent[] {
  const framer = createSseFramer();
  const decoder = provider.createDecoder();
  const frames = [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}
