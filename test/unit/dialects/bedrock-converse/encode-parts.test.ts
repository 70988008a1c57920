import { describe, expect, it } from 'vitest';
import type { AssistantPart, ContentPart } from '../../../../functions/core/chat.ts';
import { call } from '../../../support/chat-request.ts';
import { assistant, messagesOf, result, text, tool, user } from './messages.ts';
import { CLAUDE, encode, NOVA } from './support.ts';

const PNG = { type: 'base64', mediaType: 'image/png', data: 'iVBORw0KGgo=' } as const;

describe('media', () => {
  it('go as bytes, in tool results too', () => {
    const history = [
      user({ type: 'image', source: PNG }, text('?')),
      assistant(call('x')),
      tool(result('x', text('seen'), { type: 'image', source: { ...PNG, mediaType: 'image/JPG' } })),
    ];
    expect(messagesOf(history)).toMatchObject([
      { content: [{ image: { format: 'png', source: { bytes: PNG.data } } }, { text: '?' }] },
      {},
      { content: [{ toolResult: { content: [{ text: 'seen' }, { image: { format: 'jpeg' } }] } }] },
    ]);
  });

  it('that a model made are left out of its turn, and declared: only users show any', () => {
    const { body, dropped } = encode({
      messages: [user(text('draw')), assistant({ type: 'image', source: PNG }, text('there')), user(text('thanks'))],
    });
    expect(body.messages).toMatchObject([{}, { role: 'assistant', content: [{ text: 'there' }] }, {}]);
    expect(dropped).toEqual(['messages[1].content[0]']);
  });

  it('that are documents get the names that the API takes, each its own', () => {
    const file = (filename: string | undefined, mediaType = 'application/pdf'): ContentPart => ({
      type: 'file',
      source: { type: 'base64', mediaType, data: 'JVBERg==' },
      ...(filename === undefined ? {} : { filename }),
    });
    const files = [
      file('naïve plan_v2.pdf'),
      file('naïve plan_v2.pdf'),
      file(undefined),
      file('a.md', 'text/markdown; charset=utf-8'),
      file('x.ts', 'text/x-typescript'),
    ];
    expect(messagesOf([user(...files, text('?'))])).toMatchObject([
      {
        content: [
          { document: { format: 'pdf', name: 'na ve plan v2', source: { bytes: 'JVBERg==' } } },
          { document: { format: 'pdf', name: 'na ve plan v2 (2)' } },
          { document: { format: 'pdf', name: 'document' } },
          { document: { format: 'md', name: 'a' } },
          { document: { format: 'txt', name: 'x' } },
          { text: '?' },
        ],
      },
    ]);
  });

  it('that are pictures, films or sound go as such, even in the clothes of a file', () => {
    const file = (mediaType: string): ContentPart => ({
      type: 'file',
      source: { type: 'base64', mediaType, data: 'AAAA' },
    });
    expect(messagesOf([user(file('image/webp'), file('video/mp4'), file('audio/wav'))], NOVA)).toMatchObject([
      { content: [{ image: { format: 'webp' } }, { video: { format: 'mp4' } }, { audio: { format: 'wav' } }] },
    ]);
    expect(
      messagesOf([user({ type: 'audio', source: { type: 'base64', mediaType: 'audio/mpeg', data: 'AAAA' } })], NOVA),
    ).toMatchObject([{ content: [{ audio: { format: 'mp3', source: { bytes: 'AAAA' } } }] }]);
  });

  it.each<readonly [string, ContentPart, string]>([
    ['a URL', { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }, 'messages[0].content[0]'],
    // Bedrock would read it, with the rights of the gateway and not of who asks.
    ['an S3 URL', { type: 'file', source: { type: 'url', url: 's3://bucket/key.pdf' } }, 'messages[0].content[0]'],
    [
      'a file of another provider',
      { type: 'file', source: { type: 'reference', origin: 'openai-responses', id: 'file-1' } },
      'messages[0].content[0]',
    ],
    ['an unknown image type', { type: 'image', source: { ...PNG, mediaType: 'image/tiff' } }, 'messages[0].content[0]'],
    [
      'an unknown file type',
      { type: 'file', source: { ...PNG, mediaType: 'application/zip' } },
      'messages[0].content[0]',
    ],
    ['sound for Claude', { type: 'audio', source: { ...PNG, mediaType: 'audio/wav' } }, 'messages[0].content[0]'],
  ])('refuse %s', (_, part, param) => {
    expect(() => encode({ messages: [user(part)] })).toThrow(
      expect.objectContaining({ kind: 'unsupported-parameter', param }),
    );
  });

  it('are named where they lie in a tool result', () => {
    const history = [
      user(text('a')),
      assistant(call('x')),
      tool(result('x', text('b'), { type: 'image', source: { type: 'url', url: 'https://a.test' } })),
    ];
    expect(() => encode({ messages: history })).toThrow(
      expect.objectContaining({ param: 'messages[2].content[0].content[1]' }),
    );
  });
});

describe('reasoning', () => {
  const signed = (origin: 'bedrock-converse' | 'anthropic-messages' | 'gemini'): AssistantPart => ({
    type: 'reasoning',
    text: 'hm',
    signature: { origin, value: 'c2ln' },
  });
  const redacted = (value: string): AssistantPart => ({
    type: 'reasoning',
    text: '',
    redacted: { origin: 'bedrock-converse', value },
  });

  it('goes back to Claude with the signature that it had, here or at Anthropic', () => {
    const block = { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } };
    for (const origin of ['bedrock-converse', 'anthropic-messages'] as const) {
      expect(messagesOf([user(text('a')), assistant(signed(origin), text('b'))])).toMatchObject([
        {},
        { content: [block, { text: 'b' }] },
      ]);
    }
    expect(messagesOf([user(text('a')), assistant(redacted('AAEC'), text('b'))])).toMatchObject([
      {},
      { content: [{ reasoningContent: { redactedContent: 'AAEC' } }, { text: 'b' }] },
    ]);
  });

  it.each<readonly [string, AssistantPart, string]>([
    ['another provider signed', signed('gemini'), CLAUDE],
    ['nobody signed', { type: 'reasoning', text: 'hm' }, CLAUDE],
    ['is redacted in no base64', redacted('not base64!'), CLAUDE],
    ['Claude signed, where the next turn goes to Nova', signed('bedrock-converse'), NOVA],
  ])('that %s is left out', (_, part, model) => {
    expect(messagesOf([user(text('a')), assistant(part, text('b'))], model)).toMatchObject([
      {},
      { content: [{ text: 'b' }] },
    ]);
  });
});

describe('what only this dialect understands', () => {
  it('goes back as it was: citations, and blocks of kinds that are not known', () => {
    const cited: AssistantPart = {
      type: 'text',
      text: 'It is so.',
      extensions: {
        'bedrock-converse': { annotations: [{ title: 'Report', location: { documentPage: { documentIndex: 0 } } }] },
      },
    };
    const opaque: AssistantPart = {
      type: 'opaque',
      origin: 'bedrock-converse',
      data: { guardContent: { text: { text: 'x' } } },
    };
    expect(messagesOf([user(text('a')), assistant(cited, opaque)])).toMatchObject([
      {},
      {
        content: [
          {
            citationsContent: {
              content: [{ text: 'It is so.' }],
              citations: [{ title: 'Report', location: { documentPage: { documentIndex: 0 } } }],
            },
          },
          { guardContent: { text: { text: 'x' } } },
        ],
      },
    ]);
  });

  it('of another dialect is named and left out', () => {
    const foreign: AssistantPart = { type: 'opaque', origin: 'gemini', data: {} };
    expect(encode({ messages: [user(text('a')), assistant(foreign, text('b'))] }).dropped).toEqual([
      'messages[1].content[0]',
    ]);
  });
});
