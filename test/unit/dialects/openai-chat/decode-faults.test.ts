import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { errorOf } from '../../../support/error-of.ts';
import { growth } from '../../../support/growth.ts';
import { request } from './support.ts';

describe('decodeRequest: refusals name the place', () => {
  const part = (value: Json): JsonObject => ({
    messages: [
      { role: 'system', content: 'x' },
      { role: 'user', content: [value] },
    ],
  });
  const second = (value: Json): JsonObject => ({ messages: [{ role: 'user', content: 'x' }, value] });

  it.each<[string, JsonObject, RegExp]>([
    ['model', { model: undefined }, /is missing/],
    ['model', { model: '' }, /empty/],
    ['model', { model: 7 }, /must be a string, but is a number/],
    ['messages', { messages: undefined }, /is missing/],
    ['messages', { messages: [] }, /empty/],
    ['messages', { messages: 'hi' }, /must be a list, but is a string/],
    ['messages[0]', { messages: ['hi'] }, /must be an object/],
    ['messages[1].role', second({ content: 'x' }), /is missing/],
    ['messages[1].role', second({ role: 'robot', content: 'x' }), /"robot"/],
    ['messages[1].role', second({ role: 'function', name: 'f', content: 'x' }), /deprecated/],
    ['messages[1].content', second({ role: 'user' }), /string or a list/],
    ['messages[1].content', second({ role: 'user', content: 5 }), /string or a list/],
    ['messages[1].content', second({ role: 'assistant', content: null }), /tool_calls/],
    ['messages[1].content', second({ role: 'assistant' }), /tool_calls/],
    [
      'messages[1].function_call',
      second({ role: 'assistant', content: null, function_call: { name: 'f' } }),
      /tool_calls/,
    ],
    ['messages[1].tool_call_id', second({ role: 'tool', content: 'x' }), /is missing/],
    ['messages[1].tool_call_id', second({ role: 'tool', content: 'x', tool_call_id: 'call_9' }), /not the id/],
    [
      'messages[1].tool_calls[0].id',
      second({ role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }),
      /is missing/,
    ],
    ['messages[1].tool_calls[0].function', second({ role: 'assistant', tool_calls: [{ id: 'a' }] }), /is missing/],
    [
      'messages[1].tool_calls[0].function.arguments',
      second({ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: {} } }] }),
      /must be a string, but is an object/,
    ],
    ['messages[1].tool_calls[0].type', second({ role: 'assistant', tool_calls: [{ id: 'a', type: 'x' }] }), /custom/],
    ['messages[1].content[0]', part('text'), /object/],
    ['messages[1].content[0].type', part({}), /is missing/],
    ['messages[1].content[0].text', part({ type: 'text', text: 1 }), /string/],
    ['messages[1].content[0].image_url', part({ type: 'image_url', image_url: 'https://a.test' }), /object/],
    ['messages[1].content[0].image_url.url', part({ type: 'image_url', image_url: {} }), /is missing/],
    [
      'messages[1].content[0].image_url.url',
      part({ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }),
      /http/,
    ],
    [
      'messages[1].content[0].image_url.url',
      part({ type: 'image_url', image_url: { url: 'data:image/png,AA' } }),
      /base64/,
    ],
    [
      'messages[1].content[0].image_url.url',
      part({ type: 'image_url', image_url: { url: 'data:image/png;base64,' } }),
      /no data/,
    ],
    [
      'messages[1].content[0].input_audio.data',
      part({ type: 'input_audio', input_audio: { format: 'wav' } }),
      /is missing/,
    ],
    ['messages[1].content[0].file', part({ type: 'file', file: {} }), /file_id/],
    ['messages[1].content[0].file.file_data', part({ type: 'file', file: { file_data: 'JVBER' } }), /data URL/],
    [
      'messages[1].content[0].cache_control.type',
      part({ type: 'text', text: 'a', cache_control: { type: 'x' } }),
      /ephemeral/,
    ],
    [
      'messages[1].content[0].cache_control.ttl',
      part({ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '2h' } }),
      /5m/,
    ],
    ['messages[0].content[0].type', { messages: [{ role: 'system', content: [{ type: 'image_url' }] }] }, /"text"/],
    ['stream', { stream: 'yes' }, /true or false/],
    ['stream_options.include_usage', { stream_options: { include_usage: 1 } }, /true or false/],
    ['max_tokens', { max_tokens: 0 }, /at least 1/],
    ['max_completion_tokens', { max_completion_tokens: 1.5 }, /whole number/],
    ['temperature', { temperature: '0' }, /number/],
    ['stop', { stop: 1 }, /string or a list/],
    ['stop[1]', { stop: ['a', 1] }, /must be a string, but is a number/],
    ['n', { n: 0 }, /at least 1/],
    ['n', { n: 1_000 }, /at most 128/],
    ['logit_bias.7', { logit_bias: { 7: 'x' } }, /number/],
    ['metadata.a', { metadata: { a: 1 } }, /string/],
    ['tools[0]', { tools: ['x'] }, /object/],
    ['tools[0].type', { tools: [{ function: { name: 'f' } }] }, /is missing/],
    ['tools[0].function.name', { tools: [{ type: 'function', function: {} }] }, /is missing/],
    [
      'tools[0].function.parameters',
      { tools: [{ type: 'function', function: { name: 'f', parameters: [] } }] },
      /object/,
    ],
    ['tool_choice', { tool_choice: 'maybe' }, /"auto"/],
    ['tool_choice.function.name', { tool_choice: { type: 'function', function: { name: 'f' } } }, /none of the tools/],
    ['response_format.type', { response_format: { type: 'xml' } }, /json_schema/],
    ['response_format.json_schema.name', { response_format: { type: 'json_schema', json_schema: {} } }, /is missing/],
    ['functions', { functions: [] }, /deprecated: use tools/],
    ['function_call', { function_call: 'auto' }, /deprecated: use tool_choice/],
  ])('%s: %j', (param, fields, message) => {
    const error = errorOf(() => request(fields));
    expect(error.kind).toBe('invalid-request');
    expect(error.status).toBe(400);
    expect(error.param).toBe(param);
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(param)).toBe(true);
  });

  it('reads a data URL of megabytes in a time that grows as it does', () => {
    const part = (length: number) => ({
      type: 'image_url',
      image_url: { url: `data:image/png;base64,${'A'.repeat(length)}` },
    });
    const parts = new Map([625_000, 5_000_000].map((length) => [length, [part(length)]]));
    const read = (length: number): void =>
      void request({ messages: [{ role: 'user', content: parts.get(length) ?? [] }] });
    // 8 times the size: by the square it would be 64 times the time.
    expect(growth(read, 625_000, 5_000_000)).toBeLessThan(24);
  });
});
