/**
 * What a client sends, by way of the neutral model, as the provider gets it; and what an answer holds, by way of the
 * client's history, as it comes back.
 */
import { describe, expect, it } from 'vitest';
import type { AssistantPart, ChatEvent, Dialect } from '../../../../functions/core/chat.ts';
import { DIALECTS } from '../../../../functions/core/chat.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import {
  anthropicMessagesClient as client,
  anthropicMessagesProvider as provider,
} from '../../../../functions/dialects/anthropic-messages/index.ts';
import {
  begin,
  block,
  CONTEXT,
  call,
  contentOf,
  end,
  finish,
  say,
  sign,
  start,
  streamText,
  wireEvents,
} from './client-support.ts';
import { encodeTarget } from './support.ts';

const ephemeral = { type: 'ephemeral' };
const hour = { type: 'ephemeral', ttl: '1h' };

describe('a request', () => {
  const send = (body: JsonObject, model = 'claude-sonnet-4-6') => {
    const { body: sent, dropped } = provider.encodeRequest(client.decodeRequest(body), encodeTarget(model));
    expect(dropped).toEqual([]);
    return sent;
  };

  it('reaches its provider as it was', () => {
    const body = {
      model: 'claude-sonnet-4-6',
      max_tokens: 5_000,
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'A long manual.', cache_control: hour },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aW1n' } },
            { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'cGRm' }, title: 'A' },
            {
              type: 'document',
              source: { type: 'text', media_type: 'text/plain', data: 'Grüße 🌍' },
              title: 'B',
              citations: { enabled: true },
              context: 'old',
            },
            { type: 'document', source: { type: 'file', file_id: 'file_1' } },
            { type: 'search_result', source: 'x', title: 'y', content: [{ type: 'text', text: 'z' }] },
            { type: 'text', text: 'What is it?', cache_control: ephemeral },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm. 🌍', signature: 'EqQBCkYIBRgCKkA+/w==' },
            { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix/LafPsn4a' },
            { type: 'text', text: 'So it is.', citations: [{ type: 'char_location', cited_text: 'x' }] },
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
            { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ encrypted_content: 'y' }] },
            { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Zürich', days: [1, 2.5] } },
            { type: 'tool_use', id: 'toolu_2', name: 'now', input: {}, cache_control: ephemeral },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [
                { type: 'text', text: 'sunny' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aW1n' } },
              ],
            },
            { type: 'tool_result', tool_use_id: 'toolu_2', is_error: true, content: [{ type: 'text', text: 'no' }] },
            { type: 'text', text: 'Go on.', cache_control: ephemeral },
          ],
        },
      ],
      tools: [
        {
          name: 'weather',
          description: 'of a city',
          input_schema: { type: 'object', properties: {}, additionalProperties: false },
          strict: true,
        },
        { name: 'now', input_schema: { type: 'object' }, cache_control: hour, eager_input_streaming: true },
        { type: 'web_search_20260318', name: 'web_search', max_uses: 3, cache_control: ephemeral },
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: {
        effort: 'low',
        format: { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } },
        task_budget: { type: 'tokens', total: 9 },
      },
      stop_sequences: ['END'],
      metadata: { user_id: 'u1', more: 'x' },
      service_tier: 'standard_only',
      stream: true,
      container: 'c_1',
      a_field_of_tomorrow: { x: [1, null] },
    };
    expect(send(body)).toEqual(body);
  });

  it.each<[JsonObject, string]>([
    [{ temperature: 0.5, top_k: 4 }, 'claude-sonnet-4-5'],
    [{ top_p: 0.5 }, 'claude-sonnet-4-5'],
    [{ thinking: { type: 'enabled', budget_tokens: 2_000, display: 'omitted' } }, 'claude-sonnet-4-5'],
    [{ thinking: { type: 'disabled' } }, 'claude-opus-5'],
    [{ thinking: { type: 'between_tools' } }, 'claude-sonnet-5-5'],
    [{ service_tier: 'auto' }, 'claude-opus-5'],
  ])('keeps %j', (fields, model) => {
    const body = { model, max_tokens: 5_000, messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] };
    expect(send({ ...body, ...fields }, model)).toEqual({ ...body, ...fields });
  });

  it.each(['any', 'none', 'tool'])('keeps a tool choice of %s', (type) => {
    const tools = [{ name: 'f', input_schema: { type: 'object' } }];
    const tool_choice = { type, ...(type === 'tool' ? { name: 'f' } : {}) };
    const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }], tools, tool_choice };
    expect(send(body, 'claude-sonnet-4-5').tool_choice).toEqual(tool_choice);
  });

  it('keeps instructions in place', () => {
    const texts = (text: string) => [{ type: 'text', text }];
    const messages = [
      { role: 'user', content: texts('Hello') },
      { role: 'system', content: texts('Be brief now.') },
      { role: 'assistant', content: texts('Hi.') },
      { role: 'user', content: texts('Go on') },
    ];
    const body = { model: 'claude-opus-5', max_tokens: 9, messages };
    expect(send(body, 'claude-opus-5')).toEqual(body);
  });

  it('leaves its body as it was', () => {
    const body = {
      model: 'm',
      max_tokens: 9,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
      cache_control: ephemeral,
    };
    const before = structuredClone(body);
    send(body);
    expect(body).toEqual(before);
  });
});

/** The answer as the client keeps it, read as the history that it sends next. */
function remembered(content: unknown): readonly AssistantPart[] {
  const messages = [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: JSON.parse(JSON.stringify(content)) as JsonObject[] },
  ];
  const [, answer] = client.decodeRequest({ model: 'm', max_tokens: 9, messages }).messages;
  return answer?.role === 'assistant' ? answer.content : [];
}

describe('an answer', () => {
  const foreign: readonly Dialect[] = DIALECTS;
  const value = 'CpQEAVSoXO7+/kd8==.x';

  const answers: readonly (readonly [string, (origin: Dialect) => readonly ChatEvent[]])[] = [
    [
      'a signed thought',
      (origin) => [begin(0, { type: 'reasoning' }), say(0, 'Hm.'), sign(0, { origin, value }), end(0)],
    ],
    ['a proof and no thought', (origin) => [begin(0, { type: 'reasoning' }), sign(0, { origin, value }), end(0)]],
    ['encrypted reasoning', (origin) => [begin(0, { type: 'reasoning' }), sign(0, { origin, value }, true), end(0)]],
  ];
  const others: typeof answers = [
    [
      'a summary of encrypted reasoning',
      (origin) => [begin(0, { type: 'reasoning' }), say(0, 'So.'), sign(0, { origin, value }, true), end(0)],
    ],
    [
      'signed calls',
      (origin) => [
        begin(0, call('functions.f:0', 'f')),
        sign(0, { origin, value }),
        say(0, '{"x":1}'),
        end(0),
        ...block(1, call('b', 'f'), '{}'),
        begin(2, call('100%', 'g')),
        sign(2, { origin, value: `${value}2` }),
        end(2),
      ],
    ],
    ['a signed text', (origin) => [begin(0, { type: 'text' }), say(0, 'Hi.'), sign(0, { origin, value }), end(0)]],
  ];
  const table = [
    ...answers.flatMap(([name, make]) => foreign.map((origin) => [name, origin, make] as const)),
    ...others.flatMap(([name, make]) =>
      foreign.filter((origin) => origin !== 'anthropic-messages').map((origin) => [name, origin, make] as const),
    ),
  ];

  it.each(table)('brings back %s of %s', (_, origin, make) => {
    const events = [start, ...make(origin), ...block(9, { type: 'text' }, 'Done.'), finish('stop')];
    const parts = foldEvents(events).choices[0]?.blocks;
    expect(remembered(client.encodeResponse(events, CONTEXT).content)).toEqual(parts);
    expect(remembered(contentOf(wireEvents(streamText(events))))).toEqual(parts);
  });

  it('brings back a proof that looks like one of a call that is not there', () => {
    const sealed = [{ type: 'redacted_thinking', data: 'tg1.gemini.call.gone.abc' }];
    expect(remembered(sealed)).toEqual([
      { type: 'reasoning', text: '', redacted: { origin: 'gemini', value: 'call.gone.abc' } },
    ]);
    expect(remembered([{ type: 'redacted_thinking', data: 'tg1.gemini.call.%zz.abc' }])).toEqual([
      { type: 'reasoning', text: '', redacted: { origin: 'gemini', value: 'call.%zz.abc' } },
    ]);
  });

  it('keeps the signature of a text that is gone', () => {
    expect(remembered([{ type: 'redacted_thinking', data: 'tg1.gemini.text.abc' }])).toEqual([
      { type: 'text', text: '', extensions: { gemini: { signature: 'abc' } } },
    ]);
  });

  it.each(['gemini', 'openai-responses'] as const)("never shows Claude another's proof (%s)", (origin) => {
    const content = answers.flatMap(
      ([, make]) => client.encodeResponse([start, ...make(origin), finish('stop')], CONTEXT).content,
    );
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: [...(content as JsonObject[]), { type: 'text', text: 'Done.' }] },
      { role: 'user', content: 'y' },
    ];
    const request = client.decodeRequest({ model: 'm', max_tokens: 9, messages });
    for (const sent of [
      provider.encodeRequest(request, encodeTarget()).body,
      provider.forwardRequest({ model: 'm', max_tokens: 9, messages }, request, encodeTarget()).body,
    ]) {
      expect(JSON.stringify(sent)).not.toMatch(/thinking|tg1/);
      expect(JSON.stringify(sent)).toContain('Done.');
    }
  });
});
