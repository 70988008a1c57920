import { describe, expect, it } from 'vitest';
import type { AssistantPart, Message } from '../../../../functions/core/chat.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { errorOf } from '../../../support/error-of.ts';
import { growth } from '../../../support/growth.ts';
import { assistant, call, result, text, user } from './messages.ts';
import { encode } from './support.ts';

const contentsOf = (messages: readonly Message[], model?: string) =>
  encode({ messages }, model).body.contents as readonly { role: string; parts: readonly JsonObject[] }[];

describe('messages', () => {
  it('keep leading instructions in order, and later ones in their place', () => {
    const system = (value: string): Message => ({ role: 'system', content: [text(value)] });
    expect(
      encode({
        messages: [
          system('one'),
          system('two'),
          user(text('hi')),
          assistant(text('ho')),
          system('three'),
          user(text('?')),
        ],
      }).body,
    ).toEqual({
      systemInstruction: { parts: [{ text: 'one' }, { text: 'two' }] },
      contents: [
        { role: 'user', parts: [{ text: 'hi' }] },
        { role: 'model', parts: [{ text: 'ho' }] },
        { role: 'user', parts: [{ text: '<system>\nthree\n</system>' }, { text: '?' }] },
      ],
    });
    expect(encode({ messages: [system('alone')] }).body).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'alone' }] }],
    });
  });

  it('answer parallel calls in one turn, in the order of the calls, under the right names', () => {
    expect(
      contentsOf([
        user(text('go')),
        assistant(call('a', 'f'), call('b', 'g'), call('c', 'f')),
        result('c', 'third'),
        {
          role: 'tool',
          content: [{ type: 'tool-result', callId: 'b', content: [text('x'), text('y')], isError: true }],
        },
        result('a', 'first'),
        user(text('next')),
      ]).slice(1),
    ).toEqual([
      {
        role: 'model',
        parts: ['a f', 'b g', 'c f'].map((pair) => {
          const [id, name] = pair.split(' ');
          return { functionCall: { id, name, args: { n: 1 } } };
        }),
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'a', name: 'f', response: { output: 'first' } } },
          { functionResponse: { id: 'b', name: 'g', response: { error: 'x\ny' } } },
          { functionResponse: { id: 'c', name: 'f', response: { output: 'third' } } },
          { text: 'next' },
        ],
      },
    ]);
  });

  it('put media of results where the model takes them', () => {
    const media: Message = {
      role: 'tool',
      content: [
        {
          type: 'tool-result',
          callId: 'a',
          content: [
            text('see'),
            { type: 'image', source: { type: 'base64', mediaType: 'image/jpg', data: 'AA' } },
            { type: 'audio', source: { type: 'base64', mediaType: 'audio/wav', data: 'BB' } },
          ],
        },
      ],
    };
    const image = { inlineData: { mimeType: 'image/jpeg', data: 'AA' } };
    const audio = { inlineData: { mimeType: 'audio/wav', data: 'BB' } };
    const response = { id: 'a', name: 'f', response: { output: 'see' } };
    expect(contentsOf([assistant(call('a')), media], 'gemini-2.5-pro')[1]?.parts).toEqual([
      { functionResponse: response },
      image,
      audio,
    ]);
    expect(contentsOf([assistant(call('a')), media], 'gemini-3.8-flash')[1]?.parts).toEqual([
      { functionResponse: { ...response, parts: [image] } },
      audio,
    ]);
  });

  it('take media inline or by URL', () => {
    const parts = contentsOf([
      user(
        { type: 'image', source: { type: 'url', url: 'https://example.org/a/b.PNG?x=1' } },
        { type: 'image', source: { type: 'url', url: 'https://example.org/image' } },
        { type: 'file', source: { type: 'base64', mediaType: 'application/pdf', data: 'CC' }, filename: 'x.pdf' },
        { type: 'file', source: { type: 'reference', origin: 'gemini', id: 'gs://b/c' } },
        { type: 'audio', source: { type: 'base64', mediaType: 'audio/mpeg', data: 'DD' } },
        { type: 'opaque', origin: 'gemini', data: { executableCode: { code: '1' } } },
        text(''),
      ),
    ])[0]?.parts;
    expect(parts).toEqual([
      { fileData: { fileUri: 'https://example.org/a/b.PNG?x=1', mimeType: 'image/png' } },
      { fileData: { fileUri: 'https://example.org/image' } },
      { inlineData: { mimeType: 'application/pdf', data: 'CC' } },
      { fileData: { fileUri: 'gs://b/c' } },
      { inlineData: { mimeType: 'audio/mp3', data: 'DD' } },
      { executableCode: { code: '1' } },
    ]);
  });

  it.each<[string, readonly Message[], string]>([
    ['nothing but blanks', [user(text(''))], 'messages'],
    ['a result without its call', [user(text('x')), result('a', 'y')], 'messages[1].content[0].tool_call_id'],
    [
      'arguments that are no object',
      [assistant(call('a', 'f', { arguments: '[1]' } as Partial<AssistantPart>))],
      'messages[0].content[0].arguments',
    ],
    [
      "another provider's file",
      [user(text('x'), { type: 'file', source: { type: 'reference', origin: 'openai-chat', id: 'file-1' } })],
      'messages[0].content[1]',
    ],
  ])('refuse %s', (_, messages, param) => {
    const error = errorOf(() => encode({ messages }));
    expect(error).toMatchObject({ status: 400, param });
  });

  it('say what they had to leave out', () => {
    const { dropped } = encode({
      messages: [
        {
          role: 'user',
          name: 'ann',
          content: [text('x'), { type: 'opaque', origin: 'openai-chat', data: { type: 'y' } }],
        },
      ],
      seed: 1,
      topK: 2,
      logitBias: { 1: 2 },
      metadata: { a: 'b' },
      endUser: 'ann',
      promptCacheKey: 'k',
      serviceTier: 'scale',
      parallelToolCalls: false,
      tools: [
        { kind: 'function', name: 'f', parameters: {} },
        { kind: 'provider', origin: 'anthropic-messages', name: 'web_search', data: {} },
      ],
      extensions: { 'openai-chat': { store: true }, gemini: { safetySettings: [] } },
    });
    expect([...dropped].sort()).toEqual(
      [
        'logit_bias',
        'messages[0].content[1]',
        'messages[0].name',
        'metadata',
        'parallel_tool_calls',
        'prompt_cache_key',
        'service_tier',
        'store',
        'tools[1]',
        'user',
      ].sort(),
    );
  });

  it('take time in proportion to their number', () => {
    const many = (count: number) =>
      encode({
        messages: Array.from({ length: count }, (_, index) => [
          assistant(call(`c${index}`)),
          result(`c${index}`, 'x'),
          user(text('a')),
          user(text('b')),
        ]).flat(),
      });
    expect(growth(many, 1_000, 8_000)).toBeLessThan(24);
  });
});

describe('signatures', () => {
  const own = { signature: { origin: 'gemini', value: 'c2ln' } } as const;
  const foreign = { signature: { origin: 'anthropic-messages', value: 'EqQB' } } as const;
  const unsigned = 'skip_thought_signature_validator';

  it('go back with the parts that they came with', () => {
    expect(
      contentsOf(
        [
          assistant(
            { type: 'reasoning', text: 'hm', ...own },
            text('Hello'),
            { type: 'reasoning', text: '', signature: { origin: 'gemini', value: 'dGV4dA==' } },
            call('a', 'f', own),
            call('b'),
          ),
        ],
        'gemini-3.8-flash',
      ),
    ).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'hm', thought: true, thoughtSignature: 'c2ln' },
          { text: 'Hello', thoughtSignature: 'dGV4dA==' },
          { functionCall: { id: 'a', name: 'f', args: { n: 1 } }, thoughtSignature: 'c2ln' },
          { functionCall: { id: 'b', name: 'f', args: { n: 1 } } },
        ],
      },
    ]);
  });

  it('of a text stand behind it, also where a client has to tell them first, or alone', () => {
    const signature: AssistantPart = { type: 'reasoning', text: '', ...own };
    const textPart = { text: 'Hello', thoughtSignature: 'c2ln' };
    expect(contentsOf([assistant(signature, text('Hello'))])[0]?.parts).toEqual([textPart]);
    expect(
      contentsOf([assistant({ ...text('Hello'), extensions: { gemini: { signature: 'c2ln' } } })])[0]?.parts,
    ).toEqual([textPart]);
    expect(contentsOf([assistant(signature)])[0]?.parts).toEqual([{ text: '', thoughtSignature: 'c2ln' }]);
  });

  it('of others stay away, with the thoughts that they prove', () => {
    const messages = [
      assistant(
        { type: 'reasoning', text: 'secret', ...foreign },
        { type: 'reasoning', text: 'bare' },
        call('a', 'f', foreign),
      ),
    ];
    const functionCall = { id: 'a', name: 'f', args: { n: 1 } };
    expect(contentsOf(messages, 'gemini-2.5-flash')[0]?.parts).toEqual([{ functionCall }]);
    // The newer models refuse a first call without one, and Google documents what to say instead.
    expect(contentsOf(messages, 'gemini-3.8-flash')[0]?.parts).toEqual([{ functionCall, thoughtSignature: unsigned }]);
    expect(contentsOf([assistant(call('a'), call('b'))], 'gemini-4-argon')[0]?.parts).toEqual([
      { functionCall, thoughtSignature: unsigned },
      { functionCall: { ...functionCall, id: 'b' } },
    ]);
  });
});
