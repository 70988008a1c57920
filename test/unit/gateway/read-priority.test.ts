import { describe, expect, it } from 'vitest';
import { readPriority } from '../../../functions/gateway/read-priority.ts';

const read = (text: string | undefined, maxPriority?: number): number =>
  readPriority(text === undefined ? {} : { 'x-tollgate-priority': text }, {
    keyId: 'key_a',
    ...(maxPriority === undefined ? {} : { maxPriority }),
  });

describe('x-tollgate-priority', () => {
  it('is 0 where nothing is said', () => {
    expect([read(undefined), read(''), read('0'), read(undefined, 9)]).toEqual([0, 0, 0, 0]);
  });

  it('goes as high as the key allows', () => {
    expect([read('1', 5), read('5', 5), read(' 9 ', 9)]).toEqual([1, 5, 9]);
  });

  it.each([
    ['6', 5, /this key may ask for 5 at most/],
    ['1', undefined, /this key may ask for 0 at most/],
    ['10', 9, /whole number from 0 to 9/],
    ['-1', 9, /whole number/],
    ['1.5', 9, /whole number/],
    ['high', 9, /whole number/],
    ['1, 2', 9, /whole number/],
  ] as const)('refuses %j with a maximum of %j', (text, most, message) => {
    expect(() => read(text, most)).toThrow(
      expect.objectContaining({
        kind: 'invalid-request',
        param: 'x-tollgate-priority',
        message: expect.stringMatching(message),
      }),
    );
  });
});
