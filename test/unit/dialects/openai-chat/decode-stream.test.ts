import { describe, expect, it } from 'vitest';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';
import { errorOf } from '../../../support/error-of.ts';
import { decodeText, deltas, sse, whole } from './support.ts';

const fold = (list: readonly JsonObject[], finish = 'stop') =>
  foldEvents(decodeText(sse(deltas(list, finish)))).choices[0];
const blocks = (list: readonly JsonObject[], finish = 'stop') => fold(list, finish)?.blocks;
const wholeBlocks = (message: JsonObject) =>
  foldEvents(openaiChatProvider.decodeResponse(whole(message))).choices[0]?.blocks;

const call = (fields: JsonObject, args?: Json, name?: string): JsonObject => ({
  tool_calls: [
    {
      ...fields,
      function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
    },
  ],
});

describe('the stream decoder', () => {
  it('gives events in order', () => {
    expect(
      decodeText(sse(deltas([{ role: 'assistant', content: '' }, { content: 'He' }, { content: 'llo' }]))),
    ).toEqual([
      { type: 'response-start', id: 'chatcmpl-1', model: 'gpt-x-1', createdAt: 1_700_000_001 },
      { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } },
      { type: 'block-delta', index: 0, text: 'He' },
      { type: 'block-delta', index: 0, text: 'llo' },
      { type: 'block-end', index: 0 },
      { type: 'finish', choice: 0, reason: 'stop', rawReason: 'stop' },
    ]);
  });

  it('is done at [DONE] and not before, and says nothing after it', () => {
    const decoder = openaiChatProvider.createDecoder();
    for (const chunk of deltas([{ content: 'x' }])) decoder.push({ data: JSON.stringify(chunk), raw: '' });
    expect(decoder.done).toBe(false);
    decoder.push({ data: '[DONE]', raw: '' });
    expect(decoder.done).toBe(true);
    expect(decoder.push({ data: '{"error":{"message":"late"}}', raw: '' })).toEqual([]);
    expect(decoder.end()).toEqual([]);
  });

  it('takes a finish without [DONE] for complete', () => {
    expect(decodeText(sse(deltas([{ content: 'x' }]), ''))).toMatchObject([{}, {}, {}, {}, { type: 'finish' }]);
  });

  it("gets over Azure's first chunk and choices without a delta", () => {
    const filter = { id: '', model: '', object: '', created: 0, choices: [], prompt_filter_results: [{}] };
    const events = decodeText(
      sse([
        filter,
        { id: 'c', model: 'm', choices: [{ index: 0, finish_reason: null }] },
        ...deltas([{ content: 'x' }]),
      ]),
    );
    expect(events[0]).toEqual({ type: 'response-start', id: 'c', model: 'm' });
    expect(foldEvents(events).choices[0]?.blocks).toEqual([{ type: 'text', text: 'x' }]);
  });

  it.each(['reasoning_content', 'reasoning'])('reads %s, then text, as two blocks', (field) => {
    expect(blocks([{ [field]: 'hm', content: null }, { [field]: 'm' }, { [field]: null, content: 'yes' }])).toEqual([
      { type: 'reasoning', text: 'hmm' },
      { type: 'text', text: 'yes' },
    ]);
  });

  it("reads Mistral's parts", () => {
    const thinking = (text: string): Json => ({ type: 'thinking', thinking: [{ type: 'text', text }] });
    expect(
      blocks([
        { content: [thinking('a')] },
        { content: [thinking('b'), { type: 'text', text: 'c' }] },
        { content: 'd' },
      ]),
    ).toEqual([
      { type: 'reasoning', text: 'ab' },
      { type: 'text', text: 'cd' },
    ]);
  });

  it('reads signed and encrypted reasoning, in pieces, as blocks that go back', () => {
    const piece = { type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0 };
    expect(
      blocks([
        { reasoning: 'Let', reasoning_details: [{ ...piece, text: 'Let' }] },
        { reasoning: ' me', reasoning_details: [{ ...piece, text: ' me' }] },
        { reasoning_details: [{ ...piece, signature: 'sig' }] },
        { reasoning_details: [{ type: 'reasoning.encrypted', data: 'blob', index: 1 }] },
        { content: 'x' },
      ]),
    ).toEqual([
      { type: 'reasoning', text: 'Let me', signature: { origin: 'openai-chat', value: 'sig' } },
      { type: 'reasoning', text: '', redacted: { origin: 'openai-chat', value: 'blob' } },
      { type: 'text', text: 'x' },
    ]);
  });

  it('keeps interleaved calls apart', () => {
    expect(
      blocks(
        [
          call({ index: 0, id: 'a', type: 'function' }, '', 'f'),
          call({ index: 1, id: 'b', type: 'function' }, '', 'g'),
          call({ index: 0 }, '{"x"'),
          call({ index: 1 }, '{"y"'),
          call({ index: 0 }, ':1}'),
          call({ index: 1 }, ':2}'),
        ],
        'tool_calls',
      ),
    ).toMatchObject([
      { type: 'tool-call', id: 'a', name: 'f', arguments: '{"x":1}' },
      { type: 'tool-call', id: 'b', name: 'g', arguments: '{"y":2}' },
    ]);
  });

  it('keeps calls apart that all have the index 0', () => {
    const list = [
      call({ index: 0, id: 'a' }, '{"x":1}', 'f'),
      call({ index: 0, id: 'b' }, '{"y"', 'f'),
      call({ index: 0, id: 'b' }, ':2}'),
    ];
    expect(blocks(list, 'tool_calls')).toMatchObject([
      { id: 'a', arguments: '{"x":1}' },
      { id: 'b', arguments: '{"y":2}' },
    ]);
  });

  it('takes deltas for one call that each bring an id of their own, but no name', () => {
    const list = [call({ index: 0, id: 'a' }, '{"x"', 'f'), call({ index: 0, id: 'zzz' }, ':1}', '')];
    expect(blocks(list, 'tool_calls')).toMatchObject([{ id: 'a', arguments: '{"x":1}' }]);
  });

  it('takes calls without an index: whole in one chunk, and in pieces', () => {
    const entry = (id: string, args: string): Json => ({ id, function: { name: 'f', arguments: args } });
    expect(blocks([{ tool_calls: [entry('a', '{"x":1}'), entry('b', '{}')] }], 'tool_calls')).toMatchObject([
      { id: 'a', arguments: '{"x":1}' },
      { id: 'b', arguments: '{}' },
    ]);
    expect(blocks([call({ id: 'a' }, '{"x"', 'f'), call({}, ':1}')], 'tool_calls')).toMatchObject([
      { id: 'a', arguments: '{"x":1}' },
    ]);
  });

  it('takes arguments that come before the name, come parsed, or do not come', () => {
    expect(blocks([call({ index: 0, id: 'a' }, '{"x"'), call({ index: 0 }, ':1}', 'f')], 'tool_calls')).toMatchObject([
      { name: 'f', arguments: '{"x":1}' },
    ]);
    expect(blocks([call({ index: 0, id: 'a' }, { x: 1 }, 'f')], 'tool_calls')).toMatchObject([
      { arguments: '{"x":1}' },
    ]);
    expect(blocks([call({ index: 0, id: 'a' }, null, 'f')], 'tool_calls')).toMatchObject([{ arguments: '{}' }]);
  });

  it('gives calls without an id different ones, the same at every decoding', () => {
    const list = [call({ index: 0 }, '{}', 'f'), call({ index: 1 }, '{}', 'f')];
    const ids = blocks(list, 'tool_calls')?.map((block) => (block.type === 'tool-call' ? block.id : ''));
    expect(new Set(ids).size).toBe(2);
    expect(ids?.every((id) => /^[A-Za-z0-9_]{5,}$/.test(id))).toBe(true);
    expect(blocks(list, 'tool_calls')).toMatchObject(ids?.map((id) => ({ id })) ?? []);
  });

  it("reads free-text calls, and Gemini's signature where it trails without an index", () => {
    const custom = { tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'sql', input: 'SELECT' } }] };
    expect(blocks([custom, { tool_calls: [{ index: 0, custom: { input: ' 1' } }] }], 'tool_calls')).toMatchObject([
      { kind: 'custom', name: 'sql', arguments: 'SELECT 1' },
    ]);
    const trailing = { tool_calls: [{ extra_content: { google: { thought_signature: 'gem=' } } }] };
    expect(blocks([call({ index: 0, id: 'a' }, '{}', 'f'), trailing], 'tool_calls')).toMatchObject([
      { id: 'a', arguments: '{}', signature: { origin: 'openai-chat', value: 'gem=' } },
    ]);
  });

  it('numbers blocks over all choices', () => {
    const chunk = (index: number, delta: JsonObject, finish: string | null = null): Json => ({
      id: 'c',
      choices: [{ index, delta, finish_reason: finish }],
    });
    const reply = foldEvents(
      decodeText(
        sse([
          chunk(0, { content: 'a' }),
          chunk(1, { content: 'b' }),
          chunk(0, { content: 'A' }),
          chunk(1, {}, 'length'),
          chunk(0, {}, 'stop'),
        ]),
      ),
    );
    expect(reply.choices).toMatchObject([
      { index: 0, blocks: [{ text: 'aA' }], finish: 'stop' },
      { index: 1, blocks: [{ text: 'b' }], finish: 'length' },
    ]);
  });

  it('reads logprobs, refusals, annotations, sound and pictures', () => {
    const token = { token: 'x', logprob: -0.1, bytes: [120], top_logprobs: [] };
    const chunk = {
      id: 'c',
      choices: [
        { index: 0, delta: { content: 'x' }, logprobs: { content: [token], refusal: null }, finish_reason: null },
      ],
    };
    expect(foldEvents(decodeText(sse([chunk, ...deltas([])]))).choices[0]?.logprobs.text).toEqual([token]);
    expect(fold([{ refusal: 'I ' }, { refusal: 'will not' }])).toMatchObject({
      blocks: [{ type: 'refusal', text: 'I will not' }],
      finish: 'refusal',
    });
    const annotation = { type: 'url_citation', url_citation: { url: 'https://a.test' } };
    expect(blocks([{ content: 'x' }, { annotations: [annotation] }])).toEqual([
      { type: 'text', text: 'x', extensions: { 'openai-chat': { annotations: [annotation] } } },
    ]);
    expect(blocks([{ audio: { data: 'AA' } }, { images: [{ image_url: { url: 'data:' } }] }])).toMatchObject([
      { type: 'opaque', data: { audio: { data: 'AA' } } },
      { type: 'opaque', data: { images: [{}] } },
    ]);
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['function_call', 'tool-calls'],
    ['model_length', 'length'],
    ['something new', 'stop'],
    ['toString', 'stop'],
  ])('maps the finish reason %s', (word, reason) => {
    expect(fold([{ content: 'x' }], word)).toMatchObject({ finish: reason, rawReason: word });
  });

  it('says tool-calls where a call was streamed before a mere stop', () => {
    expect(fold([call({ index: 0, id: 'a' }, '{}', 'f')], 'stop')).toMatchObject({
      finish: 'tool-calls',
      rawReason: 'stop',
    });
    expect(fold([call({ index: 0, id: 'a' }, '{"x', 'f')], 'length')).toMatchObject({ finish: 'length' });
  });

  it('gives one finish, however often it is told', () => {
    const events = decodeText(sse([...deltas([{ content: 'x' }]), ...deltas([{ content: '' }])]));
    expect(events.filter((event) => event.type === 'finish')).toHaveLength(1);
  });
});

describe('the stream decoder, when the stream is not right', () => {
  const chunks = deltas([{ content: 'He' }, { content: 'llo' }]);

  it.each<[string, string]>([
    ['nothing', ''],
    ['a comment', ': hi\n\n'],
    ['no finish', sse(deltas([{ content: 'He' }], null), '')],
    ['[DONE] without a finish', sse(deltas([{ content: 'He' }], null))],
    ['[DONE] alone', 'data: [DONE]\n\n'],
    ['a cut chunk', `${sse(chunks.slice(0, 1), '')}data: {"id":"chatcm`],
  ])('takes %s for truncated', (_, text) => {
    expect(errorOf(() => decodeText(text)).kind).toBe('upstream-truncated');
  });

  it('misses the finish of a second choice', () => {
    const open = { id: 'c', choices: [{ index: 1, delta: { content: 'x' } }] };
    expect(errorOf(() => decodeText(sse([...chunks, open]))).kind).toBe('upstream-truncated');
  });

  it.each<[string, string]>([
    ['a chunk that is not JSON', `${sse(chunks.slice(0, 1), '')}data: {oops}\n\n`],
    ['a chunk that is no object', 'data: 7\n\n'],
    ['a call without a name', sse(deltas([call({ index: 0, id: 'a' }, '{}')], 'tool_calls'))],
  ])('takes %s for malformed', (_, text) => {
    expect(errorOf(() => decodeText(text)).kind).toBe('upstream-malformed');
  });

  it.each<[Json, string, object]>([
    [
      { error: { message: 'slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' } },
      'upstream-throttled',
      { message: 'slow down' },
    ],
    [
      { error: { message: 'no', code: 502 }, choices: [] },
      'upstream-error',
      { upstreamStatus: 502, upstreamCode: '502' },
    ],
    [{ error: { message: 'busy', code: 503 } }, 'upstream-overloaded', {}],
    [
      { error: { message: 'gone', code: 'insufficient_quota' } },
      'upstream-quota',
      { upstreamCode: 'insufficient_quota' },
    ],
    [{ error: 'it broke' }, 'upstream-error', { message: 'it broke' }],
    [{ id: 'c', choices: [{ index: 0, error: { message: 'mid', code: 429 }, delta: {} }] }, 'upstream-throttled', {}],
  ])('throws the error in %j', (chunk, kind, fields) => {
    expect(errorOf(() => decodeText(sse([...deltas([{ content: 'x' }], null), chunk])))).toMatchObject({
      kind,
      ...fields,
    });
  });

  it('throws what an event named error says, whatever its shape', () => {
    expect(errorOf(() => decodeText('event: error\ndata: {"message":"no","code":"rate_limit"}\n\n')).kind).toBe(
      'upstream-throttled',
    );
  });

  it.each([
    ['error', 'upstream-error'],
    ['insufficient_system_resource', 'upstream-overloaded'],
  ])('does not take finish_reason %s for an end', (word, kind) => {
    expect(errorOf(() => decodeText(sse(deltas([{ content: 'x' }], word)))).kind).toBe(kind);
  });

  it('never takes a stream that is cut at any byte for a finished one', () => {
    const bytes = new TextEncoder().encode(
      sse(deltas([{ content: 'Grüße 🙂' }, call({ index: 0, id: 'a' }, '{"x":1}', 'f')], 'tool_calls'), ''),
    );
    const text = new TextDecoder();
    // The last chunk is complete when its JSON is; only its line ends may be missing.
    const complete = bytes.length - '\n\n'.length;
    for (let at = 0; at < bytes.length; at += 1) {
      const cut = () => decodeText(text.decode(bytes.subarray(0, at)));
      if (at < complete) expect(errorOf(cut).kind).toBe('upstream-truncated');
      else expect(cut().at(-1)).toMatchObject({ type: 'finish' });
    }
  });
});

describe('decodeResponse', () => {
  it('gives the fold that the stream has', () => {
    const message = {
      content: 'Hello',
      reasoning_content: 'hm',
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
        { id: 'b', type: 'function', function: { name: 'g', arguments: '' } },
      ],
    };
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const body = { ...whole(message), choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage };
    const stream = sse([
      ...deltas(
        [
          { reasoning_content: 'h' },
          { reasoning_content: 'm' },
          { content: 'Hel' },
          { content: 'lo' },
          call({ index: 0, id: 'a' }, '{"x"', 'f'),
          call({ index: 0 }, ':1}'),
          call({ index: 1, id: 'b' }, '', 'g'),
        ],
        'tool_calls',
      ),
      { id: 'chatcmpl-1', choices: [], usage },
    ]);
    expect(foldEvents(openaiChatProvider.decodeResponse(body))).toEqual(foldEvents(decodeText(stream)));
  });

  it('keeps calls apart that have neither id nor index', () => {
    expect(
      wholeBlocks({
        content: null,
        tool_calls: [{ function: { name: 'f', arguments: '{}' } }, { function: { name: 'f', arguments: '{}' } }],
      }),
    ).toHaveLength(2);
  });

  it.each<[Json, string]>([
    [{ error: { message: 'x', type: 'server_error' } }, 'upstream-error'],
    [{ id: 'c', choices: [] }, 'upstream-malformed'],
    [{}, 'upstream-malformed'],
    [[], 'upstream-malformed'],
    ['text', 'upstream-malformed'],
    [null, 'upstream-malformed'],
    [{ choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'error' }] }, 'upstream-error'],
  ])('refuses %j', (body, kind) => {
    expect(errorOf(() => openaiChatProvider.decodeResponse(body)).kind).toBe(kind);
  });
});
