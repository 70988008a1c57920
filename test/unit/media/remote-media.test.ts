import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../functions/core/chat.ts';
import { type MediaKind, mediaKind } from '../../../functions/core/media-kind.ts';
import { quirksOf } from '../../../functions/core/quirks.ts';
import { urlKinds } from '../../../functions/core/remote-media.ts';

describe('urlKinds', () => {
  it.each<[Dialect, readonly MediaKind[]]>([
    ['openai-chat', ['image']],
    ['openai-responses', ['image', 'pdf', 'file']],
    ['anthropic-messages', ['image', 'pdf']],
    ['gemini', []],
    ['bedrock-converse', []],
  ])('%s reads %j', (dialect, kinds) => {
    expect(urlKinds(dialect)).toEqual(kinds);
    expect(urlKinds(dialect, quirksOf())).toEqual(kinds);
  });

  it('is what the provider says, where it says it', () => {
    expect(urlKinds('anthropic-messages', quirksOf({ mediaUrls: [] }))).toEqual([]);
    expect(urlKinds('gemini', quirksOf({ mediaUrls: ['image'] }))).toEqual(['image']);
  });
});

describe('mediaKind', () => {
  it.each<[string, string | undefined, MediaKind]>([
    ['https://x.test/a.pdf', undefined, 'pdf'],
    ['https://x.test/a', undefined, 'pdf'],
    ['https://x.test/a?name=b.txt', undefined, 'pdf'],
    ['https://x.test/a.TXT?v=1', undefined, 'file'],
    ['https://x.test/report.docx#2', undefined, 'file'],
    ['https://x.test/v1.2', undefined, 'pdf'],
    ['https://x.test/a.pdf', 'text/plain', 'file'],
    ['https://x.test/a.txt', 'application/PDF', 'pdf'],
    ['https://x.test/a', 'image/png', 'image'],
    ['https://x.test/a', 'audio/wav', 'audio'],
  ])('of the file %s (%s) is %s', (url, mediaType, kind) => {
    const source = { type: 'url', url, ...(mediaType === undefined ? {} : { mediaType }) } as const;
    expect(mediaKind({ type: 'file', source })).toBe(kind);
  });

  it('of other parts is what they are', () => {
    const source = { type: 'url', url: 'https://x.test/a' } as const;
    expect(mediaKind({ type: 'image', source })).toBe('image');
    expect(mediaKind({ type: 'audio', source })).toBe('audio');
    expect(mediaKind({ type: 'file', source: { type: 'reference', origin: 'gemini', id: 'f' } })).toBe('pdf');
  });
});
