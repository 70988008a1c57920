import type { BlockStart, ChatEvent, ChatRequest, Signature } from '../../../../functions/core/chat.ts';
import type { AnswerContext } from '../../../../functions/core/codec.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { NO_USAGE, type Usage } from '../../../../functions/core/usage.ts';
import { anthropicMessagesClient as client } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';
import { chatRequest } from '../../../support/chat-request.ts';

export const CONTEXT: AnswerContext = { requestId: 'req7', createdAt: 1_700_000_000 };
export const HELLO: JsonObject = { model: 'smart', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] };

export function decode(fields: JsonObject): ChatRequest {
  return client.decodeRequest({ ...HELLO, ...fields });
}

/** The parts of the one message that the blocks become. */
export function partsOf(role: string, ...content: readonly Json[]) {
  return decode({
    messages: [
      { role: 'user', content: 'Hello' },
      { role, content },
    ],
  }).messages.at(-1)?.content;
}

/** What the decoder says is wrong, as its place and its sentence. */
export function problemOf(body: JsonObject): { readonly param: string | undefined; readonly message: string } {
  try {
    client.decodeRequest(body);
  } catch (error) {
    if (error instanceof GatewayError && error.kind === 'invalid-request') {
      return { param: error.param, message: error.message };
    }
    throw error;
  }
  throw new Error('The body was taken');
}

export const start: ChatEvent = { type: 'response-start', id: 'resp_1', model: 'm-1' };
export const usage = (fields: Partial<Usage>): ChatEvent => ({ type: 'usage', usage: { ...NO_USAGE, ...fields } });
export const finish = (
  reason: Extract<ChatEvent, { type: 'finish' }>['reason'],
  more: { readonly rawReason?: string; readonly stopSequence?: string } = {},
): ChatEvent => ({ type: 'finish', choice: 0, reason, ...more });

export const begin = (index: number, block: BlockStart, choice = 0): ChatEvent => ({
  type: 'block-start',
  index,
  choice,
  block,
});
export const say = (index: number, text: string): ChatEvent => ({ type: 'block-delta', index, text });
export const end = (index: number): ChatEvent => ({ type: 'block-end', index });
export const sign = (index: number, signature: Signature, redacted = false): ChatEvent => ({
  type: 'block-signature',
  index,
  signature,
  ...(redacted ? { redacted } : {}),
});
export const call = (id: string, name: string, kind: 'function' | 'custom' = 'function'): BlockStart => ({
  type: 'tool-call',
  id,
  name,
  kind,
});

/** A block with all its pieces, from its beginning to its end. */
export function block(index: number, start: BlockStart, ...pieces: readonly string[]): readonly ChatEvent[] {
  return [begin(index, start), ...pieces.map((piece) => say(index, piece)), end(index)];
}

export function streamText(events: readonly ChatEvent[], request: Partial<ChatRequest> = {}): string {
  const encoder = client.createEncoder(chatRequest({ stream: true, ...request }), CONTEXT);
  return events.map((event) => encoder.push(event)).join('') + encoder.end();
}

export function wireEvents(text: string): readonly JsonObject[] {
  const framer = createSseFramer();
  return [...framer.push(new TextEncoder().encode(text)), ...framer.end()].map((frame) => {
    const value = JSON.parse(frame.data) as JsonObject;
    if (value.type !== frame.event) throw new Error(`An event "${frame.event}" has the type "${String(value.type)}"`);
    return value;
  });
}

export function whole(events: readonly ChatEvent[]): JsonObject {
  return client.encodeResponse(events, CONTEXT);
}

/** The content of a stream by its grammar alone, strict about it: blocks one after the other, deltas of their own types. */
export function contentOf(events: readonly JsonObject[]): readonly JsonObject[] {
  const content: { [key: string]: Json }[] = [];
  let open = false;
  let json = '';
  for (const event of events) {
    const current = content.at(-1);
    switch (event.type) {
      case 'content_block_start':
        if (open || event.index !== content.length) throw new Error(`Block ${String(event.index)} is out of turn`);
        open = true;
        json = '';
        content.push(structuredClone(event.content_block) as { [key: string]: Json });
        break;
      case 'content_block_delta': {
        if (!open || current === undefined || event.index !== content.length - 1) throw new Error('A stray delta');
        const { type, ...delta } = event.delta as { type: string; [key: string]: Json };
        if (type === 'input_json_delta') json += String(delta.partial_json);
        else if (type === 'citations_delta') {
          current.citations = [...((current.citations as Json[]) ?? []), delta.citation ?? null];
        } else if (type === 'signature_delta') current.signature = delta.signature ?? null;
        else for (const [key, text] of Object.entries(delta)) current[key] = `${String(current[key])}${String(text)}`;
        break;
      }
      case 'content_block_stop':
        if (!open) throw new Error('A stop without a block');
        open = false;
        if (current !== undefined && json !== '') current.input = JSON.parse(json) as Json;
        break;
    }
  }
  if (open) throw new Error('A block without its end');
  return content as readonly JsonObject[];
}
