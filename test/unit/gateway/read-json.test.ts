import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../functions/gateway/read-json.ts';

const limits = { requestBytes: 1_000, jsonDepth: 4 };
const read = (text: string) => readJson(Buffer.from(text), limits);
const kind = (expected: string, message: RegExp) =>
  expect.objectContaining({ kind: expected, message: expect.stringMatching(message) });

describe('readJson', () => {
  it.each([
    ['', 'invalid-request', /empty/],
    ['{', 'invalid-request', /not valid JSON/],
    ['[]', 'invalid-request', /must be a JSON object/],
    ['"text"', 'invalid-request', /must be a JSON object/],
    [`{"a":"${'x'.repeat(1_000)}"}`, 'too-large', /1008 bytes; at most 1000/],
    ['{"a":[[[[1]]]]}', 'invalid-request', /deeper than 4/],
  ] as const)('refuses %j', (text, expected, message) => {
    expect(() => read(text)).toThrowError(kind(expected, message));
  });

  it('counts no bracket inside a string, however it is escaped', () => {
    expect(read('{"a":"[[[[[[","b":"\\"[[[[[[","c":"\\\\","d":[[[1]]]}')).toMatchObject({ a: '[[[[[[', d: [[[1]]] });
  });

  it('accepts exactly what JSON.parse accepts as an object within the depth', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(Buffer.byteLength(text) <= limits.requestBytes);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses 5 MB of open brackets without parsing them', () => {
    const hostile = Buffer.from(`{"a":${'['.repeat(5_000_000)}`);
    expect(() => readJson(hostile, { requestBytes: 6_000_000, jsonDepth: 64 })).toThrowError(
      kind('invalid-request', /deeper/),
    );
  });
});
