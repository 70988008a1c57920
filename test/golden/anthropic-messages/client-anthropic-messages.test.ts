/**
 * What clients of the Messages API say, as the neutral model has it, and what they read, in full. The files are read and
 * judged by people: a change of one is a change of what clients or providers get.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest } from '../../../functions/core/chat.ts';
import type { JsonObject } from '../../../functions/core/json.ts';
import { anthropicMessagesClient as client } from '../../../functions/dialects/anthropic-messages/index.ts';

const read = (...path: readonly string[]): string => readFileSync(join(import.meta.dirname, ...path), 'utf8');
const names = (folder: string): readonly string[] =>
  readdirSync(join(import.meta.dirname, folder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));

interface GoldenRequest {
  readonly about: string;
  readonly body: JsonObject;
  readonly decoded: ChatRequest;
}

interface GoldenAnswer {
  readonly about: string;
  readonly events: readonly ChatEvent[];
  readonly whole: JsonObject;
}

const CONTEXT = { requestId: 'req-golden', createdAt: 1_760_000_000 };

describe('requests', () => {
  it.each(names('client-requests'))('%s', (name) => {
    const golden = JSON.parse(read('client-requests', `${name}.json`)) as GoldenRequest;
    expect(client.decodeRequest(golden.body)).toEqual(golden.decoded);
  });
});

describe('answers', () => {
  it.each(names('client-answers'))('%s', (name) => {
    const golden = JSON.parse(read('client-answers', `${name}.json`)) as GoldenAnswer;
    expect(client.encodeResponse(golden.events, CONTEXT)).toEqual(golden.whole);
    const encoder = client.createEncoder(
      client.decodeRequest({ model: 'smart', max_tokens: 1, messages: [{ role: 'user', content: 'x' }], stream: true }),
      CONTEXT,
    );
    const stream = golden.events.map((event) => encoder.push(event)).join('') + encoder.end();
    expect(stream).toBe(read('client-answers', `${name}.sse`));
  });
});
