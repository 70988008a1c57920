/** What other providers left in a client's history, on the way to a provider of its own dialect. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { encodeTarget } from './support.ts';

const user = (content: string | readonly JsonObject[]): JsonObject => ({ role: 'user', content });
const assistant = (...content: readonly JsonObject[]): JsonObject => ({ role: 'assistant', content });
const forward = (messages: readonly JsonObject[], model = 'claude-opus-5') =>
  provider.forwardRequest({ model: 'smart', max_tokens: 10, messages }, chatRequest(), encodeTarget(model)).body
    .messages;

const text = { type: 'text', text: 'Hi.' };
const own = { type: 'thinking', thinking: 'Hm.', signature: 'b3du' };
const ownRedacted = { type: 'redacted_thinking', data: 'b3du' };
const foreign = { type: 'thinking', thinking: 'Hm.', signature: 'tg1.gemini.Z2Vt' };
const foreignRedacted = { type: 'redacted_thinking', data: 'tg1.openai-responses.gAAA' };
const unsigned = { type: 'thinking', thinking: 'Hm.', signature: '' };

describe('forwardRequest', () => {
  it('leaves a history alone that is all its own', () => {
    const messages = [user('Hello'), assistant(own, ownRedacted, text), user([text])];
    expect(forward(messages)).toBe(messages);
  });

  it("removes other providers' proofs, and turns that were nothing else", () => {
    expect(
      forward([user('a'), assistant(foreign, text, foreignRedacted), user('b'), assistant(foreign), user('c')]),
    ).toEqual([user('a'), assistant(text), user('b'), user('c')]);
  });

  it("gives Claude's proofs from Bedrock as they were", () => {
    const signed = { type: 'thinking', thinking: 'Hm.', signature: 'tg1.bedrock-converse.YmVk' };
    const sealed = { type: 'redacted_thinking', data: 'tg1.bedrock-converse.YmVk' };
    expect(forward([user('a'), assistant(signed, sealed, text)])).toEqual([
      user('a'),
      assistant({ ...signed, signature: 'YmVk' }, { ...sealed, data: 'YmVk' }, text),
    ]);
  });

  it('removes unsigned thoughts for Claude only', () => {
    const messages = [user('a'), assistant(unsigned, text)];
    expect(forward(messages)).toEqual([user('a'), assistant(text)]);
    expect(forward(messages, 'kimi-k3')).toBe(messages);
  });

  it('renames calls whose ids have other characters, and their results', () => {
    const use = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} });
    const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'x' });
    const messages = [
      user('a'),
      assistant(use('functions.f:0'), use('toolu_1')),
      user([result('functions.f:0'), result('toolu_1')]),
    ];
    const before = structuredClone(messages);
    const [, calls, results] = forward(messages) as unknown as readonly { content: readonly JsonObject[] }[];
    const id = calls?.content[0]?.id;
    expect(id).toMatch(/^functions_f_0_[a-z0-9]+$/);
    expect(results?.content).toEqual([result(String(id)), result('toolu_1')]);
    expect(calls?.content[1]).toEqual(use('toolu_1'));
    expect(messages).toEqual(before);
    expect(forward(messages)).toEqual(forward(messages));
  });
});
