import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { ASSISTANT, CALL } from './calls.ts';
import { request } from './support.ts';

const messages = (...list: readonly JsonObject[]) => request({ messages: list }).messages;
const user = (...parts: readonly Json[]) => messages({ role: 'user', content: parts })[0]?.content;

describe('decodeRequest: messages', () => {
  it('decodes roles, names and texts', () => {
    expect(
      messages(
        { role: 'developer', content: 'be brief' },
        {
          role: 'system',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'user', content: 'hi', name: 'ann' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'yes' },
            { type: 'refusal', refusal: 'but no' },
          ],
        },
        { role: 'assistant', content: null, refusal: 'no' },
      ),
    ).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
      {
        role: 'system',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'hi' }], name: 'ann' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'yes' },
          { type: 'refusal', text: 'but no' },
        ],
      },
      { role: 'assistant', content: [{ type: 'refusal', text: 'no' }] },
    ]);
  });

  it('decodes parts of every kind', () => {
    expect(
      user(
        { type: 'image_url', image_url: { url: 'https://a.test/x.png', detail: 'low' } },
        { type: 'image_url', image_url: { url: 'data:image/PNG;base64,AAAA' } },
        { type: 'input_audio', input_audio: { data: 'BBBB', format: 'mp3' } },
        { type: 'file', file: { file_id: 'file-1' } },
        { type: 'file', file: { file_data: 'data:application/pdf;name=x;base64,CCCC', filename: 'x.pdf' } },
        { type: 'hologram', hologram: { depth: 3 } },
      ),
    ).toEqual([
      { type: 'image', source: { type: 'url', url: 'https://a.test/x.png' }, detail: 'low' },
      { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } },
      { type: 'audio', source: { type: 'base64', mediaType: 'audio/mpeg', data: 'BBBB' } },
      { type: 'file', source: { type: 'reference', origin: 'openai-chat', id: 'file-1' } },
      { type: 'file', source: { type: 'base64', mediaType: 'application/pdf', data: 'CCCC' }, filename: 'x.pdf' },
      { type: 'opaque', origin: 'openai-chat', data: { type: 'hologram', hologram: { depth: 3 } } },
    ]);
  });

  it('reads cache markers on parts and on messages', () => {
    expect(user({ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } })).toEqual([
      { type: 'text', text: 'a', cache: { ttl: '5m' } },
    ]);
    expect(
      messages({ role: 'system', content: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } })[0]?.content,
    ).toEqual([{ type: 'text', text: 'a', cache: { ttl: '1h' } }]);
  });

  it('decodes calls and their results', () => {
    const custom = { id: 'call_2', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } };
    expect(
      messages(
        { role: 'assistant', content: '', tool_calls: [CALL, custom] },
        { role: 'tool', tool_call_id: 'call_2', content: '1' },
        { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'rain' }] },
      ),
    ).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', kind: 'function', id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
          { type: 'tool-call', kind: 'custom', id: 'call_2', name: 'sql', arguments: 'SELECT 1' },
        ],
      },
      { role: 'tool', content: [{ type: 'tool-result', callId: 'call_2', content: [{ type: 'text', text: '1' }] }] },
      { role: 'tool', content: [{ type: 'tool-result', callId: 'call_1', content: [{ type: 'text', text: 'rain' }] }] },
    ]);
  });

  it.each(['', '  ', null, undefined])('takes arguments %j for {}', (args) => {
    const call = { id: 'c', function: { name: 'now', ...(args === undefined ? {} : { arguments: args }) } };
    expect(messages({ role: 'assistant', content: null, tool_calls: [call] })[0]?.content).toMatchObject([
      { arguments: '{}' },
    ]);
  });

  it('reads the reasoning of former turns from either plain field', () => {
    for (const field of ['reasoning_content', 'reasoning']) {
      expect(messages({ role: 'assistant', content: 'x', [field]: 'because' })[0]?.content).toEqual([
        { type: 'reasoning', text: 'because' },
        { type: 'text', text: 'x' },
      ]);
    }
    expect(
      messages({ role: 'assistant', content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] })[0]
        ?.content,
    ).toEqual([{ type: 'reasoning', text: 'hm' }]);
  });

  it('reads signatures and encrypted reasoning, whose they are, and not the text twice', () => {
    const details = [
      { type: 'reasoning.text', text: 'because', signature: 'sig=', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'blob', format: 'anthropic-claude-v1', index: 1 },
      { type: 'reasoning.summary', summary: 'in short', format: 'openai-responses-v1', id: 'rs_1', index: 2 },
      { type: 'reasoning.encrypted', data: 'enc', format: 'openai-responses-v1', id: 'rs_1', index: 2 },
      { type: 'reasoning.text', text: 'own', signature: 's', format: 'xai-responses-v1' },
      { type: 'reasoning.new', x: 1 },
    ];
    expect(
      messages({ role: 'assistant', content: 'x', reasoning_content: 'because', reasoning_details: details })[0]
        ?.content,
    ).toEqual([
      { type: 'reasoning', text: 'because', signature: { origin: 'anthropic-messages', value: 'sig=' } },
      { type: 'reasoning', text: '', redacted: { origin: 'anthropic-messages', value: 'blob' } },
      { type: 'reasoning', text: 'in short', id: 'rs_1', redacted: { origin: 'openai-responses', value: 'enc' } },
      { type: 'reasoning', text: 'own', signature: { origin: 'openai-chat', value: 's' } },
      { type: 'text', text: 'x' },
    ]);
  });

  it('puts reasoning together that a client sent back in the pieces it was streamed in', () => {
    const piece = { type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0 };
    const details = [
      { ...piece, text: 'Let' },
      { ...piece, text: ' me.' },
      { ...piece, signature: 'sig1' },
      { ...piece, text: 'Next' },
      { ...piece, signature: 'sig2' },
    ];
    expect(messages({ role: 'assistant', content: 'x', reasoning_details: details })[0]?.content).toEqual([
      { type: 'reasoning', text: 'Let me.', signature: { origin: 'anthropic-messages', value: 'sig1' } },
      { type: 'reasoning', text: 'Next', signature: { origin: 'anthropic-messages', value: 'sig2' } },
      { type: 'text', text: 'x' },
    ]);
  });

  it('reads whose a proof is from its mark, whatever the format says', () => {
    const details = [
      { type: 'reasoning.text', text: 'a', signature: 'tg1.bedrock-converse.EqQB+/=', index: 0 },
      { type: 'reasoning.encrypted', data: 'tg1.openai-responses.gAAA', format: 'anthropic-claude-v1', index: 1 },
    ];
    const call = { ...CALL, extra_content: { google: { thought_signature: 'tg1.anthropic-messages.EqQB' } } };
    expect(
      messages({ ...ASSISTANT, reasoning_details: details, tool_calls: [call] })[0]?.content.map((part) =>
        part.type === 'reasoning' ? (part.signature ?? part.redacted) : part.type === 'tool-call' && part.signature,
      ),
    ).toEqual([
      { origin: 'bedrock-converse', value: 'EqQB+/=' },
      { origin: 'openai-responses', value: 'gAAA' },
      { origin: 'anthropic-messages', value: 'EqQB' },
    ]);
  });

  it.each([
    ['google', {}],
    ['vertex', {}],
  ])("reads Gemini's signature of a call from extra_content.%s", (place) => {
    const call = { ...CALL, extra_content: { [place]: { thought_signature: 'gem=' } } };
    expect(messages({ ...ASSISTANT, tool_calls: [call] })[0]?.content).toMatchObject([
      { type: 'tool-call', signature: { origin: 'gemini', value: 'gem=' } },
    ]);
  });

  it("reads Gemini's signature of a call as OpenRouter gives it", () => {
    const details = [{ type: 'reasoning.encrypted', data: 'gem=', id: 'call_1', format: 'google-gemini-v1', index: 0 }];
    expect(messages({ ...ASSISTANT, reasoning_details: details })[0]?.content).toEqual([
      {
        ...{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
        signature: { origin: 'gemini', value: 'gem=' },
      },
    ]);
  });
});
