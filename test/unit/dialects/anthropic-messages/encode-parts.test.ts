import { describe, expect, it } from 'vitest';
import type { AssistantPart, ContentPart, Message } from '../../../../functions/core/chat.ts';
import { call } from '../../../support/chat-request.ts';
import { assistant, messagesOf, text, use, user } from './messages.ts';
import { encode } from './support.ts';

describe('media', () => {
  const part = (content: ContentPart) =>
    (messagesOf([user(content)]).messages as readonly { readonly content: readonly unknown[] }[])[0]?.content[0];

  it.each<[string, ContentPart, unknown]>([
    [
      'an image by URL',
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    ],
    [
      'an image as base64',
      { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'aGk=' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
    ],
    [
      'an image with a common wrong type',
      { type: 'image', source: { type: 'base64', mediaType: 'image/jpg', data: 'aGk=' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'aGk=' } },
    ],
    [
      'an uploaded image',
      { type: 'image', source: { type: 'reference', origin: 'anthropic-messages', id: 'file_1' } },
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
    ],
    [
      'a PDF',
      { type: 'file', filename: 'a.pdf', source: { type: 'base64', mediaType: 'application/pdf', data: 'JVBERg==' } },
      { type: 'document', title: 'a.pdf', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' } },
    ],
    [
      'a PDF by URL',
      { type: 'file', source: { type: 'url', url: 'https://example.com/a.pdf' } },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
    ],
    [
      'a text file',
      { type: 'file', source: { type: 'base64', mediaType: 'text/markdown', data: 'R3LDvMOfZQ==' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' } },
    ],
    [
      'an uploaded file',
      { type: 'file', source: { type: 'reference', origin: 'anthropic-messages', id: 'file_1' } },
      { type: 'document', source: { type: 'file', file_id: 'file_1' } },
    ],
    [
      'an image that came as a file',
      { type: 'file', source: { type: 'base64', mediaType: 'image/webp', data: 'aGk=' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/webp', data: 'aGk=' } },
    ],
  ])('encodes %s', (_, content, expected) => {
    expect(part(content)).toEqual(expected);
  });

  it.each<[string, ContentPart, string]>([
    ['audio', { type: 'audio', source: { type: 'base64', mediaType: 'audio/wav', data: '' } }, 'unsupported-parameter'],
    [
      'an image of a type that Claude does not read',
      { type: 'image', source: { type: 'base64', mediaType: 'image/tiff', data: '' } },
      'unsupported-parameter',
    ],
    [
      'a file of such a type',
      { type: 'file', source: { type: 'base64', mediaType: 'application/zip', data: '' } },
      'unsupported-parameter',
    ],
    [
      "another provider's file",
      { type: 'file', source: { type: 'reference', origin: 'openai-chat', id: 'file-1' } },
      'unsupported-parameter',
    ],
    [
      'text that is no text',
      { type: 'file', source: { type: 'base64', mediaType: 'text/plain', data: '/w==' } },
      'invalid-request',
    ],
  ])('refuses %s with its place', (_, content, kind) => {
    expect(() => messagesOf([user('a'), assistant('b'), user('c', content)])).toThrow(
      expect.objectContaining({ kind, param: 'messages[2].content[1]' }),
    );
  });

  it('reports a detail that cannot be had, and only that', () => {
    const image = (detail: 'low' | 'high' | 'auto') =>
      user({ type: 'image', detail, source: { type: 'url', url: 'https://e.com/a' } });
    expect(encode({ messages: [image('high'), image('auto')] }).dropped).toEqual([]);
    expect(encode({ messages: [image('low')] }).dropped).toEqual(['messages[0].content[0].image_url.detail']);
  });
});

describe('reasoning', () => {
  const signed = (origin: 'anthropic-messages' | 'bedrock-converse' | 'gemini'): AssistantPart => ({
    type: 'reasoning',
    text: 'thought',
    signature: { origin, value: 'c2ln' },
  });
  const answer = (...content: readonly AssistantPart[]) =>
    (messagesOf([user('a'), assistant(...content, 'b'), user('c')]).messages as readonly { content: unknown }[])[1]
      ?.content;

  it.each(['anthropic-messages', 'bedrock-converse'] as const)('goes back where %s signed it', (origin) => {
    expect(answer(signed(origin))).toEqual([{ type: 'thinking', thinking: 'thought', signature: 'c2ln' }, text('b')]);
  });

  it('goes back redacted as it came', () => {
    const value = 'RW5jcnlwdGVk';
    expect(answer({ type: 'reasoning', text: '', redacted: { origin: 'anthropic-messages', value } })).toEqual([
      { type: 'redacted_thinking', data: value },
      text('b'),
    ]);
  });

  it('goes back without its text where the text was not shown', () => {
    expect(answer({ ...signed('anthropic-messages'), text: '' } as AssistantPart)).toEqual([
      { type: 'thinking', thinking: '', signature: 'c2ln' },
      text('b'),
    ]);
  });

  it('is removed where it is foreign or not signed', () => {
    expect(answer(signed('gemini'), { type: 'reasoning', text: 'unsigned' })).toEqual([text('b')]);
  });

  it('says a refusal as text', () => {
    expect(answer({ type: 'refusal', text: 'No.' })).toEqual([text('No.'), text('b')]);
  });
});

describe('what only one dialect understands', () => {
  const opaque = (origin: 'anthropic-messages' | 'openai-responses'): AssistantPart => ({
    type: 'opaque',
    origin,
    data: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
  });

  it('goes back to its own', () => {
    expect(messagesOf([user('a'), assistant(opaque('anthropic-messages'))]).messages).toContainEqual({
      role: 'assistant',
      content: [{ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } }],
    });
  });

  it('is reported where it is foreign', () => {
    const { dropped } = encode({ messages: [user('a'), assistant('b', opaque('openai-responses'))] });
    expect(dropped).toEqual(['messages[1].content[1]']);
  });

  it('adds extensions of a part to its block, annotations as what they were', () => {
    const citation = { type: 'page_location', cited_text: 'x', document_index: 0 };
    const messages: readonly Message[] = [
      user({
        type: 'file',
        source: { type: 'url', url: 'https://e.com/a.pdf' },
        extensions: { 'anthropic-messages': { citations: { enabled: true } }, gemini: { other: 1 } },
      }),
      assistant({ ...text('b'), extensions: { 'anthropic-messages': { annotations: [citation] } } }, {
        ...call('1'),
        extensions: { 'anthropic-messages': { annotations: [{ caller: { type: 'code_execution_20260120' } }] } },
      } as AssistantPart),
    ];
    expect(messagesOf(messages).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'document', source: { type: 'url', url: 'https://e.com/a.pdf' }, citations: { enabled: true } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { ...text('b'), citations: [citation] },
          { ...use('1'), caller: { type: 'code_execution_20260120' } },
        ],
      },
    ]);
  });
});
