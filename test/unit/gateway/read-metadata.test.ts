import { describe, expect, it } from 'vitest';
import { readMetadata } from '../../../functions/gateway/read-metadata.ts';

/** As Node hands over the bytes of a header. */
const asSent = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('readMetadata', () => {
  it('is empty where there is no header', () => {
    expect(readMetadata(undefined)).toEqual({});
    expect(readMetadata('')).toEqual({});
  });

  it.each(['plain', 'Zürich', '東京', '🙂', 'naïve — “quoted”', '\u00e9'])('reads %s from its UTF-8 bytes', (team) => {
    expect(readMetadata(asSent(JSON.stringify({ team })))).toEqual({ team });
    expect(readMetadata(asSent(JSON.stringify({ [team]: 'x' })))).toEqual({ [team]: 'x' });
  });

  it('leaves what is Latin-1, or decoded already, as it is', () => {
    expect(readMetadata('{"city":"Zürich"}')).toEqual({ city: 'Zürich' });
    expect(readMetadata('{"city":"東京 Zürich"}')).toEqual({ city: '東京 Zürich' });
    // A valid beginning of a character, and then its end missing.
    expect(readMetadata('{"city":"Ã"}')).toEqual({ city: 'Ã' });
  });

  it('counts bytes as they were sent', () => {
    const fits = JSON.stringify({ a: 'é'.repeat(2_000) });
    expect(readMetadata(asSent(fits))).toEqual({ a: 'é'.repeat(2_000) });
    expect(() => readMetadata(asSent(JSON.stringify({ a: 'é'.repeat(2_100) })))).toThrow(/over 4096 bytes/);
  });

  it.each([
    ['{', /not valid JSON/],
    ['[]', /must be a JSON object/],
    ['{"a":1}', /strings only, but "a" is none/],
    [JSON.stringify(Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`k${index}`, 'v']))), /more than 32/],
  ])('refuses %s', (header, message) => {
    expect(() => readMetadata(header)).toThrow(
      expect.objectContaining({
        kind: 'invalid-request',
        param: 'x-tollgate-metadata',
        message: expect.stringMatching(message),
      }),
    );
  });
});
