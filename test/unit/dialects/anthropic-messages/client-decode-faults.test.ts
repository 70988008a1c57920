import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { HELLO, problemOf } from './client-support.ts';

describe('decodeRequest: what is wrong', () => {
  const user = (...content: readonly JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content }] });
  const assistant = (...content: readonly JsonObject[]): JsonObject => ({
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content },
    ],
  });

  it.each<[string, JsonObject, string]>([
    ['model', { model: undefined }, 'is missing'],
    ['model', { model: '' }, 'must not be empty'],
    ['max_tokens', { max_tokens: undefined }, 'is missing'],
    ['max_tokens', { max_tokens: 'many' }, 'must be a number, but is a string'],
    ['max_tokens', { max_tokens: 1.5 }, 'must be'],
    ['max_tokens', { max_tokens: -1 }, 'must be at least 0'],
    ['messages', { messages: undefined }, 'is missing'],
    ['messages', { messages: [] }, 'must not be empty'],
    ['messages', { messages: 'Hello' }, 'must be a list, but is a string'],
    ['messages[0]', { messages: ['Hello'] }, 'must be an object'],
    ['messages[0].role', { messages: [{ content: 'x' }] }, 'is missing'],
    ['messages[0].role', { messages: [{ role: 'tool', content: 'x' }] }, 'must be "user", "assistant" or "system"'],
    ['messages[0].content', { messages: [{ role: 'user' }] }, 'must be a string or a list of blocks'],
    ['messages[0].content', { messages: [{ role: 'user', content: '' }] }, 'must not be empty'],
    ['messages[0].content', { messages: [{ role: 'user', content: [] }] }, 'must not be empty'],
    ['messages[0].content[0]', { messages: [{ role: 'user', content: ['x'] }] }, 'must be an object'],
    ['messages[0].content[0].type', user({ text: 'x' }), 'is missing'],
    ['messages[0].content[0].text', user({ type: 'text' }), 'is missing'],
    ['messages[0].content[0].text', user({ type: 'text', text: 7 }), 'must be a string'],
    ['messages[0].content[0].source', user({ type: 'image' }), 'must be an object'],
    ['messages[0].content[0].source.type', user({ type: 'image', source: {} }), 'is missing'],
    [
      'messages[0].content[0].source.media_type',
      user({ type: 'image', source: { type: 'base64', data: 'x' } }),
      'is missing',
    ],
    [
      'messages[0].content[0].source.url',
      user({ type: 'image', source: { type: 'url', url: 'file:///etc/passwd' } }),
      'must be an http, https or data URL',
    ],
    ['messages[0].content[0].source.file_id', user({ type: 'document', source: { type: 'file' } }), 'is missing'],
    [
      'messages[0].content[1].cache_control.ttl',
      user({ type: 'text', text: 'x' }, { type: 'text', text: 'y', cache_control: { type: 'ephemeral', ttl: '2h' } }),
      'must be "5m" or "1h"',
    ],
    ['messages[0].content[0].type', user({ type: 'tool_use', id: 'x' }), 'only assistant messages may hold'],
    ['messages[0].content[0].type', user({ type: 'thinking', thinking: 'x' }), 'only assistant messages may hold'],
    ['messages[0].content[0].tool_use_id', user({ type: 'tool_result' }), 'is missing'],
    [
      'messages[0].content[0].tool_use_id',
      user({ type: 'tool_result', tool_use_id: 'toolu_9' }),
      'is not the id of a tool_use block in an assistant message before it',
    ],
    [
      'messages[1].content[0].type',
      assistant({ type: 'tool_result', tool_use_id: 'x' }),
      'only user messages may hold',
    ],
    ['messages[1].content[0].id', assistant({ type: 'tool_use', name: 'x', input: {} }), 'is missing'],
    ['messages[1].content[0].name', assistant({ type: 'tool_use', id: 'x', name: '', input: {} }), 'must not be empty'],
    [
      'messages[1].content[0].input',
      assistant({ type: 'tool_use', id: 'x', name: 'x', input: '{}' }),
      'must be an object',
    ],
    ['messages[1].content[0].thinking', assistant({ type: 'thinking', signature: 'x' }), 'is missing'],
    ['messages[1].content[0].data', assistant({ type: 'redacted_thinking' }), 'is missing'],
    ['system', { system: 7 }, 'must be a string or a list of blocks'],
    ['system[1].type', { system: [{ type: 'text', text: 'x' }, { type: 'image' }] }, 'must be "text" in system'],
    ['stop_sequences[1]', { stop_sequences: ['a', 1] }, 'must be a string'],
    ['temperature', { temperature: 'hot' }, 'must be a number'],
    ['stream', { stream: 'yes' }, 'must be true or false'],
    ['tools[0].input_schema', { tools: [{ name: 'x' }] }, 'must be an object'],
    ['tools[0].name', { tools: [{ type: 'custom', input_schema: {} }] }, 'is missing'],
    ['tool_choice.type', { tool_choice: {} }, 'is missing'],
    ['tool_choice.name', { tool_choice: { type: 'tool' } }, 'is missing'],
    ['tool_choice.name', { tool_choice: { type: 'tool', name: 'nobody' } }, 'is "nobody", which is none of the tools'],
    [
      'tool_choice.disable_parallel_tool_use',
      { tool_choice: { type: 'auto', disable_parallel_tool_use: 1 } },
      'must be true or false',
    ],
    ['thinking.type', { thinking: {} }, 'is missing'],
    ['thinking.budget_tokens', { thinking: { type: 'enabled' } }, 'is missing'],
    ['output_config.effort', { output_config: { effort: 3 } }, 'must be a string'],
    ['output_config.format.schema', { output_config: { format: { type: 'json_schema' } } }, 'must be an object'],
    ['metadata.user_id', { metadata: { user_id: 5 } }, 'must be a string'],
    ['cache_control.type', { cache_control: {} }, 'must be "ephemeral"'],
  ])('%s: %j', (param, fields, problem) => {
    const found = problemOf({ ...HELLO, ...fields });
    expect(found.param).toBe(param);
    expect(found.message).toContain(problem);
  });

  it('names a result whose call comes later', () => {
    const messages = [
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'x' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
    ];
    expect(problemOf({ ...HELLO, messages }).param).toBe('messages[0].content[0].tool_use_id');
  });
});
