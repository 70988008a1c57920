/**
 * What goes to the Messages API and what its streams say, in full. The files are read and judged by people: a change of
 * one is a change of what providers or clients get.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest } from '../../../functions/core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../../functions/core/codec.ts';
import type { JsonObject } from '../../../functions/core/json.ts';
import { anthropicMessagesProvider as provider } from '../../../functions/dialects/anthropic-messages/index.ts';
import { createSseFramer } from '../../../functions/framing/sse.ts';

const read = (...path: readonly string[]): string => readFileSync(join(import.meta.dirname, ...path), 'utf8');
const names = (folder: string, suffix: string): readonly string[] =>
  readdirSync(join(import.meta.dirname, folder))
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length));

interface GoldenRequest {
  readonly about: string;
  readonly target: EncodeTarget;
  readonly request: ChatRequest;
  readonly encoded: JsonObject;
}

describe('requests', () => {
  it.each(names('requests', '.json'))('%s', (name) => {
    const golden = JSON.parse(read('requests', `${name}.json`)) as GoldenRequest;
    expect(plain(provider.encodeRequest(golden.request, golden.target))).toEqual(golden.encoded);
  });
});

describe('streams', () => {
  it.each(names('streams', '.sse'))('%s', (name) => {
    const expected = JSON.parse(read('streams', `${name}.json`)) as readonly ChatEvent[];
    const bytes = new TextEncoder().encode(read('streams', `${name}.sse`));
    for (let cut = 0; cut < bytes.length; cut += 1) {
      expect(decode([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(expected);
    }
  });
});

function decode(chunks: readonly Uint8Array[]): readonly ChatEvent[] {
  const framer = createSseFramer();
  const decoder = provider.createDecoder();
  const frames = [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** Maps and sets as JSON can show them. */
function plain({ restore, ...request }: EncodedRequest): unknown {
  if (restore === undefined) return request;
  const { toolNames, customTools } = restore;
  return { ...request, restore: { toolNames: Object.fromEntries(toolNames), customTools: [...customTools] } };
}
