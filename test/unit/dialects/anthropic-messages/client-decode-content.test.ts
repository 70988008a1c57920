import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { anthropicMessagesClient as client } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { growth } from '../../../support/growth.ts';
import { decode, HELLO, partsOf } from './client-support.ts';

describe('decodeRequest: content', () => {
  it('reads a system prompt, plain and in blocks', () => {
    expect(decode({ system: 'Be brief.' }).messages[0]).toEqual({
      role: 'system',
      content: [{ type: 'text', text: 'Be brief.' }],
    });
    const blocks = [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Long.', cache_control: { type: 'ephemeral' } },
    ];
    expect(decode({ system: blocks }).messages[0]).toEqual({
      role: 'system',
      content: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Long.', cache: { ttl: '5m' } },
      ],
    });
    expect(decode({ system: '' }).messages).toHaveLength(1);
    expect(decode({ system: [] }).messages).toHaveLength(1);
  });

  it.each<[JsonObject, object]>([
    [
      { type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } },
      { type: 'text', text: 'x', cache: { ttl: '1h' } },
    ],
    [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aW1n' } },
      { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'aW1n' } },
    ],
    [
      { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' }, cache_control: null },
      { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
    ],
    [
      { type: 'image', source: { type: 'file', file_id: 'file_1' }, transformations: { oversized_image: 'error' } },
      {
        type: 'image',
        source: { type: 'reference', origin: 'anthropic-messages', id: 'file_1' },
        extensions: { 'anthropic-messages': { transformations: { oversized_image: 'error' } } },
      },
    ],
    [
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'cGRm' },
        title: 'A.pdf',
        context: 'old',
        citations: { enabled: true },
      },
      {
        type: 'file',
        source: { type: 'base64', mediaType: 'application/pdf', data: 'cGRm' },
        filename: 'A.pdf',
        extensions: { 'anthropic-messages': { context: 'old', citations: { enabled: true } } },
      },
    ],
    [
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße 🌍' } },
      {
        type: 'file',
        source: { type: 'base64', mediaType: 'text/plain', data: Buffer.from('Grüße 🌍').toString('base64') },
      },
    ],
    [
      { type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } },
      { type: 'file', source: { type: 'url', url: 'https://x.test/a.pdf', mediaType: 'application/pdf' } },
    ],
  ])('%j', (block, part) => {
    expect(partsOf('user', block)).toEqual([part]);
  });

  it.each<[JsonObject]>([
    [{ type: 'search_result', source: 'x', title: 'y', content: [{ type: 'text', text: 'z' }] }],
    [{ type: 'document', source: { type: 'content', content: 'custom' } }],
    [{ type: 'image', source: { type: 'hologram', id: 1 } }],
    [{ type: 'container_upload', file_id: 'f', cache_control: { type: 'ephemeral' } }],
    [{ type: 'block_of_tomorrow', x: [1, null] }],
  ])('keeps %j as it is', (block) => {
    expect(partsOf('user', block)).toEqual([{ type: 'opaque', origin: 'anthropic-messages', data: block }]);
  });

  it('takes a document of a megabyte', () => {
    const data = 'ü'.repeat(500_000);
    const [part] = partsOf('user', { type: 'document', source: { type: 'text', data } }) ?? [];
    expect(part).toMatchObject({ source: { data: Buffer.from(data).toString('base64') } });
  });

  it('reads an answer of the past', () => {
    const server = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } };
    expect(
      partsOf(
        'assistant',
        { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0YQ==' },
        { type: 'text', text: 'I look.', citations: null },
        server,
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
        { type: 'tool_use', id: 'toolu_2', name: 'weather', input: { b: 1, a: [2] }, caller: { type: 'direct' } },
      ),
    ).toEqual([
      { type: 'reasoning', text: 'Hm.', signature: { origin: 'anthropic-messages', value: 'c2ln' } },
      { type: 'reasoning', text: '', redacted: { origin: 'anthropic-messages', value: 'ZGF0YQ==' } },
      { type: 'text', text: 'I look.' },
      { type: 'opaque', origin: 'anthropic-messages', data: server },
      { type: 'tool-call', kind: 'function', id: 'toolu_1', name: 'weather', arguments: '{}' },
      {
        type: 'tool-call',
        kind: 'function',
        id: 'toolu_2',
        name: 'weather',
        arguments: '{"b":1,"a":[2]}',
        extensions: { 'anthropic-messages': { caller: { type: 'direct' } } },
      },
    ]);
  });

  it('takes thoughts without a signature', () => {
    expect(partsOf('assistant', { type: 'thinking', thinking: 'Hm.', signature: '' })).toEqual([
      { type: 'reasoning', text: 'Hm.' },
    ]);
    expect(partsOf('assistant', { type: 'thinking', thinking: 'Hm.' })).toEqual([{ type: 'reasoning', text: 'Hm.' }]);
  });

  it('puts results of calls in front of what the user says', () => {
    const { messages } = decode({
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'a', name: 'weather', input: {} },
            { type: 'tool_use', id: 'b', name: 'weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Here:' },
            {
              type: 'tool_result',
              tool_use_id: 'b',
              is_error: true,
              content: [
                { type: 'text', text: 'broken' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aW1n' } },
              ],
              cache_control: { type: 'ephemeral' },
            },
            { type: 'tool_result', tool_use_id: 'a', content: 'sunny' },
            { type: 'tool_result', tool_use_id: 'a' },
          ],
        },
      ],
    });
    expect(messages.slice(2)).toEqual([
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            callId: 'b',
            isError: true,
            content: [
              { type: 'text', text: 'broken' },
              { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'aW1n' } },
            ],
            cache: { ttl: '5m' },
          },
          { type: 'tool-result', callId: 'a', content: [{ type: 'text', text: 'sunny' }] },
          { type: 'tool-result', callId: 'a', content: [] },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'Here:' }] },
    ]);
  });

  it('leaves instructions where they stand', () => {
    const addition = { type: 'tool_addition', tool: { type: 'tool_reference', name: 'x' } };
    const { messages } = decode({
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'system', content: 'Be brief now.' },
        { role: 'assistant', content: 'Hi.' },
        { role: 'user', content: 'Go on' },
        { role: 'system', content: [{ type: 'text', text: 'More tools.' }, addition] },
      ],
    });
    expect(messages.map((message) => message.role)).toEqual(['user', 'system', 'assistant', 'user', 'system', 'user']);
    expect(messages.at(-1)?.content).toEqual([{ type: 'opaque', origin: 'anthropic-messages', data: addition }]);
  });

  it('leaves out instructions that are over', () => {
    const brief = { role: 'system', content: 'Be brief.', clear_at: 'next_user_message' };
    const hello = { role: 'user', content: 'Hello' };
    expect(decode({ messages: [hello, brief, { role: 'assistant', content: 'Hi.' }, hello] }).messages).toHaveLength(3);
    expect(decode({ messages: [hello, brief] }).messages).toHaveLength(2);
  });

  it('takes empty answers for no turn', () => {
    const hello = { role: 'user', content: 'Hello' };
    const empty = [
      { role: 'assistant', content: [] },
      { role: 'assistant', content: '' },
    ];
    expect(decode({ messages: [hello, ...empty, hello] }).messages.map((message) => message.role)).toEqual([
      'user',
      'user',
    ]);
  });

  it('puts a marker on the request to its last block', () => {
    const cache_control = { type: 'ephemeral', ttl: '1h' };
    expect(decode({ cache_control, system: 'x' }).messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'x' }] },
      { role: 'user', content: [{ type: 'text', text: 'Hello', cache: { ttl: '1h' } }] },
    ]);
    const marked = [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }];
    expect(decode({ cache_control, messages: marked }).messages[0]?.content).toEqual([
      { type: 'text', text: 'x', cache: { ttl: '5m' } },
    ]);
  });
});

it('reads four times as many messages in about four times the time', () => {
  const bodyOf = (count: number): JsonObject => ({
    ...HELLO,
    messages: Array.from({ length: count }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: [
        index % 2 === 0 ? { type: 'text', text: 'x' } : { type: 'tool_use', id: `t${index}`, name: 'f', input: {} },
      ],
    })),
  });
  const bodies = new Map([2_500, 10_000].map((count) => [count, bodyOf(count)]));
  const decode = (count: number): void => void client.decodeRequest(bodies.get(count) ?? {});
  // By the square it would be 16 times.
  expect(growth(decode, 2_500, 10_000)).toBeLessThan(12);
});
