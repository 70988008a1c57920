/** A body that is put together from a stream is the body that the provider gives unstreamed. */
import { describe, expect, it } from 'vitest';
import type { ProviderCodec } from '../../../functions/core/codec.ts';
import type { JsonObject } from '../../../functions/core/json.ts';
import { anthropicMessagesProvider } from '../../../functions/dialects/anthropic-messages/index.ts';
import { geminiProvider } from '../../../functions/dialects/gemini/index.ts';
import { openaiChatProvider } from '../../../functions/dialects/openai-chat/index.ts';
import { openaiResponsesProvider } from '../../../functions/dialects/openai-responses/index.ts';
import { createSseFramer } from '../../../functions/framing/sse.ts';
import { post, useProviders, WEATHER } from '../providers/support.ts';

const providers = useProviders();

function fold(codec: ProviderCodec, stream: string, request: JsonObject = {}): JsonObject {
  const framer = createSseFramer();
  const folder = codec.createFolder?.(request);
  if (folder === undefined) throw new Error('These answers are not put together from streams.');
  for (const frame of [...framer.push(Buffer.from(stream)), ...framer.end()]) folder.push(frame);
  return folder.whole();
}

const events = (...data: readonly (JsonObject | string)[]): string =>
  data.map((item) => `data: ${typeof item === 'string' ? item : JSON.stringify(item)}\n\n`).join('');

interface Wire {
  readonly codec: ProviderCodec;
  url(streamed: boolean): string;
  body(text: string, tools: boolean, streamed: boolean): JsonObject;
}

const model = 'm@fast';
const messagesOf = (content: string) => [{ role: 'user', content }];
const description = 'The weather of some days';
const functionTool = { name: 'weather', description, parameters: WEATHER };
const streaming = (streamed: boolean) => (streamed ? { stream: true } : {});

const WIRES: { readonly [name: string]: Wire } = {
  'openai-chat': {
    codec: openaiChatProvider,
    url: () => `${providers().providers.openaiBaseUrl}/chat/completions`,
    body: (text, tools, streamed) => ({
      model: text.includes('think') ? 'deepseek-reasoner@fast' : model,
      messages: messagesOf(text),
      ...(tools ? { tools: [{ type: 'function', function: functionTool }], tool_choice: 'required' } : {}),
      ...(streamed ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
  },
  'openai-responses': {
    codec: openaiResponsesProvider,
    url: () => `${providers().providers.responsesBaseUrl}/responses`,
    body: (text, tools, streamed) => ({
      model,
      input: text,
      ...(text.includes('think') ? { reasoning: { effort: 'medium', summary: 'auto' } } : {}),
      ...(tools ? { tools: [{ type: 'function', ...functionTool, strict: false }], tool_choice: 'required' } : {}),
      ...streaming(streamed),
    }),
  },
  'anthropic-messages': {
    codec: anthropicMessagesProvider,
    url: () => `${providers().providers.anthropicBaseUrl}/v1/messages`,
    body: (text, tools, streamed) => ({
      model: 'claude-sonnet-4-5@fast',
      max_tokens: 4_096,
      messages: messagesOf(text),
      ...(text.includes('think') ? { thinking: { type: 'enabled', budget_tokens: 1_024 } } : {}),
      ...(tools
        ? { tools: [{ name: 'weather', description, input_schema: WEATHER }], tool_choice: { type: 'any' } }
        : {}),
      ...streaming(streamed),
    }),
  },
  gemini: {
    codec: geminiProvider,
    url: (streamed) =>
      `${providers().providers.geminiBaseUrl}/models/gemini-3-pro-preview@fast:${streamed ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (text, tools) => ({
      contents: [{ role: 'user', parts: [{ text }] }],
      ...(text.includes('think') ? { generationConfig: { thinkingConfig: { includeThoughts: true } } } : {}),
      ...(tools
        ? {
            tools: [{ functionDeclarations: [{ name: 'weather', description, parametersJsonSchema: WEATHER }] }],
            toolConfig: { functionCallingConfig: { mode: 'ANY' } },
          }
        : {}),
    }),
  },
};

/**
 * Ids and times differ from answer to answer. What no stream says: that there are no annotations (OpenAI), and in words that
 * the model calls a function (Gemini).
 */
const DIFFERING =
  /^(id|call_id|responseId|created|created_at|completed_at|createTime|signature|thoughtSignature|finishMessage)$/;

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([field, item]) => {
    if (DIFFERING.test(field) || (field === 'annotations' && Array.isArray(item) && item.length === 0)) return [];
    return item === undefined ? [] : [[field, comparable(item)]];
  });
  return Object.fromEntries(entries);
}

describe.each(Object.entries(WIRES))('%s', (_name, { codec, url, body }) => {
  it.each([
    ['a text', 'Hello', false],
    ['reasoning', 'Please think', false],
    ['calls', 'The weather in Vaduz and in Bern', true],
    ['a refusal', 'SIMULATE_REFUSAL', false],
  ])('%s', async (_case, text, tools) => {
    const ask = (streamed: boolean): Promise<Response> =>
      post(url(streamed), body(text, tools, streamed), { 'x-goog-api-key': 'test', 'x-api-key': 'test' });
    const whole = (await (await ask(false)).json()) as JsonObject;
    const folded = fold(codec, await (await ask(true)).text(), body(text, tools, false));
    expect(comparable(folded)).toEqual(comparable(whole));
  });
});

describe('fields that nobody here knows', () => {
  it('survive in chunks of OpenAI and of servers like it', () => {
    const chunk = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      obfuscation: 'xyz',
      citations: ['https://example.com'],
      choices: [{ index: 0, delta, finish_reason: null, ...more }],
    });
    const stream = events(
      chunk({ role: 'assistant', content: '', mood: { level: 1 } }),
      chunk({ content: 'Hel', aside: 'a', mood: { level: 2, word: 'hap' } }),
      chunk(
        { content: 'lo', aside: 'b', mood: { word: 'py' }, notes: [{ n: 1 }] },
        { logprobs: { content: [{ token: 'lo' }] } },
      ),
      chunk(
        { notes: [{ n: 2 }] },
        { finish_reason: 'stop', native_finish_reason: 'end', logprobs: { content: [{ token: '!' }] } },
      ),
      { id: 'c', object: 'chat.completion.chunk', choices: [], usage: { total_tokens: 3, novel: 1 } },
      '[DONE]',
    );
    expect(fold(openaiChatProvider, stream)).toEqual({
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      citations: ['https://example.com'],
      usage: { total_tokens: 3, novel: 1 },
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Hello',
            aside: 'ab',
            mood: { level: 2, word: 'happy' },
            notes: [{ n: 1 }, { n: 2 }],
          },
          logprobs: { content: [{ token: 'lo' }, { token: '!' }] },
          finish_reason: 'stop',
          native_finish_reason: 'end',
        },
      ],
    });
  });

  it('survive in events of Anthropic, in blocks of kinds that are new', () => {
    const stream = events(
      {
        type: 'message_start',
        message: { id: 'm', content: [], stop_reason: null, usage: { input_tokens: 3 }, novel: 1 },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'hologram', rays: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'rays_delta', rays: 'ab' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'rays_delta', rays: 'cd' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '', citations: null } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'citations_delta', citation: { page: 1 } } },
      { type: 'content_block_delta', index: 1, delta: { type: 'citations_delta', citation: { page: 2 } } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '1}' } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', container: { id: 'x' } },
        usage: { output_tokens: 9, input_tokens: null },
        context_management: { applied_edits: [] },
      },
      { type: 'message_stop' },
    );
    expect(fold(anthropicMessagesProvider, stream)).toEqual({
      id: 'm',
      content: [
        { type: 'hologram', rays: 'abcd' },
        { type: 'text', text: 'Hi', citations: [{ page: 1 }, { page: 2 }] },
        { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
      ],
      stop_reason: 'end_turn',
      container: { id: 'x' },
      usage: { input_tokens: 3, output_tokens: 9 },
      context_management: { applied_edits: [] },
      novel: 1,
    });
  });

  it('survive in chunks of Gemini, and a proof behind a text belongs to it', () => {
    const part = (...parts: readonly JsonObject[]): JsonObject => ({
      candidates: [{ content: { role: 'model', parts }, index: 0 }],
    });
    const stream = events(
      part({ text: 'hm', thought: true }),
      part({ text: 'Hel' }),
      part({ text: 'lo', novel: true }),
      part({ text: '', thoughtSignature: 'c2ln' }),
      part({ functionCall: { name: 'f', args: {} } }),
      { ...part({ text: '' }), usageMetadata: { totalTokenCount: 7 }, promptFeedback: { novel: 1 } },
      {
        candidates: [{ index: 0, finishReason: 'STOP', groundingMetadata: { webSearchQueries: ['q'] } }],
        usageMetadata: { totalTokenCount: 9 },
      },
    );
    expect(fold(geminiProvider, stream)).toEqual({
      candidates: [
        {
          content: {
            role: 'model',
            parts: [
              { text: 'hm', thought: true },
              { text: 'Hello', novel: true, thoughtSignature: 'c2ln' },
              { functionCall: { name: 'f', args: {} } },
            ],
          },
          index: 0,
          finishReason: 'STOP',
          groundingMetadata: { webSearchQueries: ['q'] },
        },
      ].map(({ index, ...candidate }) => ({ ...candidate, index })),
      usageMetadata: { totalTokenCount: 9 },
      promptFeedback: { novel: 1 },
    });
  });
});

describe('several answers at once', () => {
  const said = [
    [1, 'b1 '],
    [0, 'a1 '],
    [1, 'b2'],
    [0, 'a2'],
  ] as const;

  it('are told apart by their numbers, and come in their order: OpenAI', () => {
    const stream = events(...said.map(([index, content]) => ({ choices: [{ index, delta: { content } }] })), {
      choices: [0, 1].map((index) => ({ index, delta: {}, finish_reason: 'stop' })),
    });
    expect(fold(openaiChatProvider, stream).choices).toEqual(
      ['a1 a2', 'b1 b2'].map((content, index) => ({
        index,
        message: { role: 'assistant', content },
        logprobs: null,
        finish_reason: 'stop',
      })),
    );
  });

  it('are told apart by their numbers, and come in their order: Gemini', () => {
    const stream = events(
      ...said.map(([index, text]) => ({ candidates: [{ index, content: { role: 'model', parts: [{ text }] } }] })),
    );
    expect(fold(geminiProvider, stream).candidates).toEqual(
      ['a1 a2', 'b1 b2'].map((text, index) => ({ index, content: { role: 'model', parts: [{ text }] } })),
    );
  });

  it('are in the order of their places, where a server does not number them', () => {
    const stream = events({ choices: [{ delta: { content: 'a' } }, { delta: { content: 'b' } }] });
    const choices = fold(openaiChatProvider, stream).choices as readonly { readonly message: JsonObject }[];
    expect(choices.map(({ message }) => message.content)).toEqual(['a', 'b']);
  });
});

describe('calls that servers number badly', () => {
  it.each([
    ['all 0', [{ index: 0 }, { index: 0 }]],
    ['not at all', [{}, {}]],
  ])('%s', (_case, [first = {}, second = {}]) => {
    const call = (numbering: JsonObject, wire: JsonObject): JsonObject => ({
      choices: [{ index: 0, delta: { tool_calls: [{ ...numbering, ...wire }] } }],
    });
    const open = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: '' } });
    const stream = events(
      call(first, open('a', 'f')),
      call(first, { function: { arguments: '{"x":1}' } }),
      call(second, open('b', 'g')),
      call(second, { function: { arguments: '{"y":2}' } }),
    );
    const [choice] = fold(openaiChatProvider, stream).choices as readonly { readonly message: JsonObject }[];
    expect(choice?.message).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
        { id: 'b', type: 'function', function: { name: 'g', arguments: '{"y":2}' } },
      ],
    });
  });
});

it.each([
  ['spoken answers', openaiChatProvider, { modalities: ['text', 'audio'] }],
  ['answers in the background', openaiResponsesProvider, { background: true }],
  ['speech', geminiProvider, { generationConfig: { responseModalities: ['AUDIO'] } }],
])('%s are not streamed by themselves', (_name, codec, request) => {
  expect(codec.createFolder?.(request)).toBeUndefined();
});
