import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../functions/core/json.ts';
import { logLevel } from '../../../functions/core/log-level.ts';
import { captureAnswer } from '../../../functions/gateway/capture-answer.ts';
import { createCondenser } from '../../../functions/records/condense.ts';
import type { ContentRow } from '../../../functions/records/content-row.ts';
import { formatContent } from '../../../functions/records/format-row.ts';
import { createRedactor } from '../../../functions/records/redact.ts';
import { splitContent } from '../../../functions/records/split-content.ts';
import { content } from './content.ts';

const hash = (base64: string): string => createHash('sha256').update(base64, 'base64').digest('hex');
const condenser = (most = 1_000_000) => createCondenser({ redactor: createRedactor(), hash, most });
const bytes = (size: number): Buffer => Buffer.alloc(size, 'pixels ');

function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, field]) => sum + (Array.isArray(value) ? 0 : name.length) + charactersOf(field),
    0,
  );
}

describe('what is kept', () => {
  it('is media by type, size and hash, wherever they stand', () => {
    const data = bytes(3_000).toString('base64');
    const sha256 = createHash('sha256').update(bytes(3_000)).digest('hex');
    const kept = condenser().keep({
      content: [
        { type: 'image', source: { type: 'base64', mediaType: 'image/png', data } },
        { type: 'text', text: `see ![](data:image/png;base64,${data}) and ![](data:x;base64,AAAA)` },
        { type: 'reasoning', text: '', signature: { origin: 'anthropic-messages', value: data } },
      ],
    });
    expect(kept).toEqual({
      content: [
        { type: 'image', source: { type: 'media', mediaType: 'image/png', bytes: 3_000, sha256 } },
        { type: 'text', text: `see ![]([image/png:3000:${sha256}]) and ![](data:x;base64,AAAA)` },
        { type: 'reasoning', text: '', signature: { origin: 'anthropic-messages', value: `[binary:3000:${sha256}]` } },
      ],
    });
  });

  it('is redacted before it is cut, and says that it was cut', () => {
    const long = condenser(20);
    expect(long.keep(['mail jane@example.com and so on'])).toEqual(['mail [email:16] an']);
    expect(long.isCut).toBe(true);
    const short = condenser();
    expect(short.keep({ a: [1, null, true, 'x'] })).toEqual({ a: [1, null, true, 'x'] });
    expect(short.isCut).toBe(false);
  });

  it('is no more than the bound in what stands for a number or for bytes', () => {
    const few = condenser(11);
    expect(few.keep([4_111_111_111_111_111, bytes(3_000).toString('base64'), 7])).toEqual(['[card:16]', '', 7]);
    expect(few.isCut).toBe(true);
  });

  it('is no more than the bound, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 60 }), (value, most) => {
        expect(charactersOf(condenser(most).keep(value as Json))).toBeLessThanOrEqual(most);
      }),
    );
  });
});

describe('an answer that streams', () => {
  it('is held as few events, as far as the bound', () => {
    const capture = captureAnswer(10);
    capture.see([{ type: 'response-start', id: 'a', model: 'm' }]);
    capture.see([{ type: 'block-start', index: 0, choice: 0, block: { type: 'text' } }]);
    for (let piece = 0; piece < 1_000; piece += 1) capture.see([{ type: 'block-delta', index: 0, text: 'abc' }]);
    capture.see([
      { type: 'block-end', index: 0 },
      { type: 'finish', choice: 0, reason: 'stop' },
    ]);
    expect(capture.events()).toEqual([
      { type: 'response-start', id: 'a', model: 'm' },
      { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } },
      { type: 'block-delta', index: 0, text: 'abcabcabca' },
      { type: 'block-end', index: 0 },
      { type: 'finish', choice: 0, reason: 'stop' },
    ]);
    expect(capture.isCut).toBe(true);
  });
});

describe('parts', () => {
  const row = (request: string, answer: string): ContentRow => ({ ...content, request, answer });

  it('fit one record of Firehose each, and are the whole together', () => {
    const request = `{"text":"${'\u0001"\\ü漢🦜a'.repeat(150_000)}"}`;
    const answer = '🦜'.repeat(400_000);
    const parts = splitContent(row(request, answer));
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(Buffer.byteLength(`${formatContent(part)}\n`)).toBeLessThanOrEqual(1_000 * 1_024);
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index + 1));
    expect(parts.every((part) => part.parts === parts.length)).toBe(true);
    expect(parts.map((part) => part.request).join('')).toBe(request);
    expect(parts.map((part) => part.answer).join('')).toBe(answer);
  });

  it('are one where it fits', () => {
    expect(splitContent(row('{}', '[]'))).toEqual([row('{}', '[]')]);
  });

  it('are the whole at every size', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\n', 'ü', '🦜'), maxLength: 4_000 });
    fc.assert(
      fc.property(text, text, (request, answer) => {
        const parts = splitContent(row(request, answer), 1_500);
        expect(parts.map((part) => part.request).join('')).toBe(request);
        expect(parts.map((part) => part.answer).join('')).toBe(answer);
        expect(parts.every((part) => part.request.isWellFormed() && part.answer.isWellFormed())).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

it('keeps the lesser of what the key and the model say, and no content where neither says', () => {
  expect(logLevel(undefined, undefined)).toBe('metadata');
  expect(logLevel('full', undefined)).toBe('full');
  expect(logLevel(undefined, 'full')).toBe('full');
  expect(logLevel('full', 'full')).toBe('full');
  expect(logLevel('full', 'none')).toBe('none');
  expect(logLevel('metadata', 'full')).toBe('metadata');
  expect(logLevel('none', 'full')).toBe('none');
});
