import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../../functions/core/chat.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import {
  anthropicMessagesClient as client,
  anthropicMessagesProvider as provider,
} from '../../../../functions/dialects/anthropic-messages/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { encodeTarget } from './support.ts';

const body: JsonObject = {
  model: 'smart',
  max_tokens: 1_000,
  messages: [{ role: 'user', content: 'Hello' }],
  stream: true,
  a_field_of_tomorrow: { x: [1, null] },
};
const forward = (over: JsonObject, request: Partial<ChatRequest> = {}, unsupported: readonly string[] = []) =>
  provider.forwardRequest(over, chatRequest(request), encodeTarget('claude-opus-5', unsupported));

describe('forwardRequest', () => {
  it('changes the name of the model and nothing else', () => {
    expect(forward(body, { maxOutputTokens: 1_000 })).toEqual({
      method: 'POST',
      path: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      body: { ...body, model: 'claude-opus-5' },
      dropped: [],
    });
  });

  it.each<[string, JsonObject, Partial<ChatRequest>, number]>([
    ['the cap of the client', { max_tokens: 1_000 }, { maxOutputTokens: 1_000 }, 1_000],
    ['the smaller one that was reserved for', { max_tokens: 1_000 }, { maxOutputTokens: 300 }, 300],
    ['never a larger one', { max_tokens: 1_000 }, { maxOutputTokens: 5_000 }, 1_000],
    ['the one of a pre-warming request', { max_tokens: 0 }, {}, 0],
    ["the gateway's where there is none", {}, { maxOutputTokens: 300 }, 300],
    ['the default where there is none at all', {}, {}, 8_192],
  ])('sends %s', (_, over, request, expected) => {
    expect(forward(over, request).body.max_tokens).toBe(expected);
  });

  it('keeps a thinking budget below a lowered cap', () => {
    const thinking = { type: 'enabled', budget_tokens: 4_000, display: 'omitted' };
    const lowered = forward({ max_tokens: 8_000, thinking }, { maxOutputTokens: 3_000 });
    expect(lowered.body.thinking).toEqual({ ...thinking, budget_tokens: 2_999 });
    expect(forward({ max_tokens: 8_000, thinking }, { maxOutputTokens: 5_000 }).body.thinking).toEqual(thinking);
    // Wrong from the start: the API is to say so.
    expect(forward({ max_tokens: 3_000, thinking }, { maxOutputTokens: 3_000 }).body.thinking).toEqual(thinking);
  });

  it('takes the budget off where the history has calls that no thought precedes, for Claude', () => {
    const call = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    const history = (...blocks: readonly JsonObject[]): JsonObject => ({
      max_tokens: 8_000,
      thinking: { type: 'enabled', budget_tokens: 4_000 },
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: [...blocks, call] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'x' }] },
      ],
    });
    const thinks = (sent: JsonObject, model = 'claude-sonnet-4-5'): boolean => {
      const request = client.decodeRequest({ ...sent, model: 'smart' });
      return 'thinking' in provider.forwardRequest(sent, request, encodeTarget(model)).body;
    };
    const signed = (signature: string): JsonObject => history({ type: 'thinking', thinking: 'Hm', signature });
    expect(thinks(history())).toBe(false);
    expect(thinks(signed('tg1.gemini.EioK'))).toBe(false);
    expect(thinks(signed('EqQB'))).toBe(true);
    expect(thinks(signed('tg1.bedrock-converse.EqQB'))).toBe(true);
    expect(thinks(history({ type: 'redacted_thinking', data: 'EqQB' }))).toBe(true);
    // Other models sign nothing, and nothing is known of what they ask for.
    expect(thinks(history(), 'glm-5')).toBe(true);
  });

  it('leaves out and reports what the provider refuses', () => {
    const { body: sent, dropped } = forward({ ...body, speed: 'fast' }, {}, ['speed', 'top_k']);
    expect(sent).not.toHaveProperty('speed');
    expect(dropped).toEqual(['speed']);
  });

  it('leaves the body as it was', () => {
    const before = structuredClone(body);
    forward(body, { maxOutputTokens: 1 });
    expect(body).toEqual(before);
  });
});
