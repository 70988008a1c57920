import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import {
  anthropicMessagesProvider,
  decodeCountRequest,
  decodeCountResponse,
  encodeCountRequest,
  encodeCountResponse,
  forwardCountRequest,
} from '../../../../functions/dialects/anthropic-messages/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { encodeTarget } from './support.ts';

const body: JsonObject = {
  model: 'smart',
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
  tools: [{ name: 'f', input_schema: { type: 'object' } }],
  tool_choice: { type: 'auto' },
  thinking: { type: 'enabled', budget_tokens: 20_000 },
};

describe('a count of tokens', () => {
  it('needs no cap', () => {
    const request = decodeCountRequest(body);
    expect(request).toMatchObject({ model: 'smart', stream: false, reasoning: { budgetTokens: 20_000 } });
    expect(request).not.toHaveProperty('maxOutputTokens');
  });

  it('is asked with what counts, and nothing else', () => {
    const encoded = encodeCountRequest(decodeCountRequest(body), encodeTarget('claude-sonnet-4-5'));
    expect(encoded).toMatchObject({ method: 'POST', path: '/v1/messages/count_tokens', dropped: [] });
    expect(encoded.headers).toEqual({ 'anthropic-version': '2023-06-01' });
    expect(encoded.body).toEqual({ ...body, model: 'claude-sonnet-4-5' });
  });

  it("does not mind an answer's settings that the model would not take", () => {
    const request = chatRequest({ seed: 7, temperature: 1.5, maxOutputTokens: 9, stop: ['x'], stream: true });
    const encoded = encodeCountRequest(request, encodeTarget('claude-opus-5'));
    expect(encoded.dropped).toEqual([]);
    expect(Object.keys(encoded.body)).toEqual(['model', 'messages']);
  });

  it('tells of content that cannot be counted', () => {
    const foreign = { type: 'opaque', origin: 'gemini', data: {} } as const;
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'x' }, foreign] }] as const;
    expect(encodeCountRequest(chatRequest({ messages }), encodeTarget()).dropped).toEqual(['messages[0].content[1]']);
  });

  it('goes on as it came to a provider of its own dialect', () => {
    const asked = { ...body, context_management: { edits: [] }, a_field_of_tomorrow: 1 };
    const encoded = forwardCountRequest(asked, decodeCountRequest(asked), encodeTarget('claude-opus-5'));
    expect(encoded.path).toBe('/v1/messages/count_tokens');
    expect(encoded.body).toEqual({ ...asked, model: 'claude-opus-5' });
    expect(anthropicMessagesProvider.forwardRequest(asked, chatRequest(), encodeTarget()).body).toHaveProperty(
      'max_tokens',
    );
  });

  it('is answered with a number', () => {
    expect(encodeCountResponse(2_095)).toEqual({ input_tokens: 2_095 });
    expect(decodeCountResponse({ input_tokens: 2_095, more: true })).toBe(2_095);
  });

  it.each([{}, { input_tokens: '7' }, { input_tokens: -1 }, { input_tokens: 1.5 }, null, [], 'x'])(
    'is not answered with %j',
    (answer) => {
      expect(() => decodeCountResponse(answer)).toThrow(expect.objectContaining({ kind: 'upstream-malformed' }));
    },
  );
});
