/** Proofs of any provider, through a client of this dialect and back, byte for byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssistantPart, ChatEvent, Signature } from '../../../../functions/core/chat.ts';
import { DIALECTS } from '../../../../functions/core/chat.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { readObject } from '../../../../functions/core/read.ts';
import {
  openaiResponsesClient as client,
  openaiResponsesProvider as provider,
} from '../../../../functions/dialects/openai-responses/index.ts';
import { CONTEXT, dataOf, encodeStream, eventsOf, request, target } from './support.ts';

/** What a client that keeps items as they came sends in its next turn; the ids of items are often lost. */
function nextTurn(output: Json | undefined, keepIds: boolean): readonly AssistantPart[] {
  const items = (output as readonly JsonObject[]).map(({ id, ...item }) => (keepIds ? { ...item, id } : item));
  const { messages } = request({ input: [{ role: 'user', content: 'x' }, ...items] });
  return messages.flatMap((message) => (message.role === 'assistant' ? message.content : []));
}

const outputOf = (events: readonly ChatEvent[]): Json | undefined => client.encodeResponse(events, CONTEXT).output;

function reasoningEvents(text: string, signature: Signature, redacted: boolean): readonly ChatEvent[] {
  const [start, opened, ...rest] = eventsOf([
    [{ type: 'reasoning' }, text],
    [{ type: 'text' }, 'answer'],
  ]);
  const end = rest.findIndex((event) => event.type === 'block-end');
  return [
    ...(start === undefined || opened === undefined ? [] : [start, opened]),
    ...rest.slice(0, end),
    { type: 'block-signature', index: 0, signature, redacted },
    ...rest.slice(end),
  ];
}

describe('reasoning', () => {
  it("of others goes into encrypted_content, with its origin, and this dialect's own as it is", () => {
    const proven = (origin: Signature['origin'], redacted = false) => {
      const items = outputOf(reasoningEvents('t', { origin, value: 'c2ln' }, redacted)) as readonly JsonObject[];
      return items[0]?.encrypted_content;
    };
    expect(proven('anthropic-messages')).toBe('tg1.anthropic-messages.c2ln');
    expect(proven('anthropic-messages', true)).toBe('tg1.anthropic-messages.redacted:c2ln');
    expect(proven('openai-responses', true)).toBe('c2ln');
  });

  it('comes back as it was, whatever its text and its proof', () => {
    const value = fc.oneof(
      fc.base64String({ minLength: 1 }),
      fc.string({ minLength: 1 }),
      fc.constantFrom('redacted:x', 'call~a:x', 'signature:', 'text:', 'tg1.gemini.x'),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...DIALECTS.filter((dialect) => dialect !== 'openai-responses')),
        value,
        fc.boolean(),
        fc.oneof(fc.constant(''), fc.string()),
        fc.boolean(),
        (origin, proof, redacted, text, keepIds) => {
          const events = reasoningEvents(text, { origin, value: proof }, redacted);
          const expected = foldEvents(events).choices[0]?.blocks;
          expect(nextTurn(outputOf(events), keepIds)).toEqual(expected);
          const last = dataOf(encodeStream(events)).at(-1)?.response as JsonObject;
          expect(nextTurn(last.output, keepIds)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('of a provider that names its blocks keeps the name', () => {
    const [start, ...rest] = reasoningEvents('t', { origin: 'openai-chat', value: 'v' }, true);
    const events = [start, ...rest].flatMap((event): readonly ChatEvent[] => {
      if (event?.type !== 'block-start' || event.block.type !== 'reasoning') return event === undefined ? [] : [event];
      return [{ ...event, block: { type: 'reasoning', id: 'rs:1~x' } }];
    });
    expect(nextTurn(outputOf(events), false)[0]).toEqual({
      type: 'reasoning',
      text: 't',
      id: 'rs:1~x',
      redacted: { origin: 'openai-chat', value: 'v' },
    });
  });
});

describe('a signed call, and a signed text', () => {
  const gemini = (value: string): Signature => ({ origin: 'gemini', value });
  const events: readonly ChatEvent[] = [
    { type: 'response-start', id: 'x', model: 'gemini-x' },
    { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } },
    { type: 'block-delta', index: 0, text: 'Let me look.' },
    { type: 'block-signature', index: 0, signature: gemini('dGV4dA==') },
    { type: 'block-end', index: 0 },
    {
      type: 'block-start',
      index: 1,
      choice: 0,
      block: { type: 'tool-call', id: 'a:b/1', name: 'f', kind: 'function' },
    },
    { type: 'block-start', index: 2, choice: 0, block: { type: 'tool-call', id: 'c2', name: 'f', kind: 'function' } },
    { type: 'block-delta', index: 2, text: '{"x":2}' },
    { type: 'block-signature', index: 1, signature: gemini('Y2FsbDE=') },
    { type: 'block-signature', index: 2, signature: gemini('Y2FsbDI=') },
    { type: 'block-end', index: 2 },
    { type: 'block-end', index: 1 },
    { type: 'finish', choice: 0, reason: 'tool-calls' },
  ];

  it.each([true, false])('come back signed, with ids %s', (keepIds) => {
    const expected = [
      { type: 'text', text: 'Let me look.', extensions: { gemini: { signature: 'dGV4dA==' } } },
      { type: 'tool-call', kind: 'function', id: 'a:b/1', name: 'f', arguments: '{}', signature: gemini('Y2FsbDE=') },
      { type: 'tool-call', kind: 'function', id: 'c2', name: 'f', arguments: '{"x":2}', signature: gemini('Y2FsbDI=') },
    ];
    expect(foldEvents(events).choices[0]?.blocks).toEqual(expected);
    expect(nextTurn(outputOf(events), keepIds)).toEqual(expected);
    expect(nextTurn(readObject(dataOf(encodeStream(events)).at(-1)?.response).output, keepIds)).toEqual(expected);
  });

  it('are no error where what they prove is gone', () => {
    const orphans = (outputOf(events) as readonly JsonObject[]).filter((item) => item.type === 'reasoning');
    expect(orphans).toHaveLength(3);
    expect(request({ input: [{ role: 'user', content: 'x' }, ...orphans] }).messages).toHaveLength(1);
  });
});

describe('the next turn at OpenAI', () => {
  const answer = outputOf([
    ...reasoningEvents('thought', { origin: 'anthropic-messages', value: 'sig' }, false),
  ]) as readonly JsonObject[];
  const own = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' };
  const input = [{ role: 'user', content: 'x' }, ...answer, own, { type: 'item_reference', id: 'msg_2' }];

  it('has none of the foreign proofs and ids in a body that is forwarded, and all else as it was', () => {
    const body: JsonObject = { zeta: 1, input, model: 'smart', alpha: [2] };
    const before = structuredClone(body);
    const { body: sent } = provider.forwardRequest(body, request(body), target());
    const { id, ...message } = answer[1] ?? {};
    expect(id).toMatch(/^msg_tg_/);
    expect(JSON.stringify(sent)).toBe(
      JSON.stringify({ zeta: 1, input: [input[0], message, own, input.at(-1)], model: 'gpt-5.6-sol', alpha: [2] }),
    );
    expect(body).toEqual(before);
  });

  it('has none in a request that is translated', () => {
    const { input: sent } = provider.encodeRequest(request({ input: input.slice(0, -1) }), target()).body;
    expect(sent).toEqual([
      { type: 'message', role: 'user', content: 'x' },
      { type: 'message', role: 'assistant', content: 'answer' },
      { type: 'reasoning', summary: [], encrypted_content: 'gAAA' },
    ]);
  });
});
