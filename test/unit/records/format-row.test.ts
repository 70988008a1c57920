import { describe, expect, test } from 'vitest';
import { formatRow, formatTimestamp } from '../../../functions/records/format-row.ts';
import { ATTEMPT_FIELDS, ROW_COLUMNS } from '../../../functions/records/row.ts';
import { trimRow } from '../../../functions/records/trim-row.ts';
import { fullRow, nullRow } from '../lake/rows.ts';

const names = ROW_COLUMNS.map(([name]) => name);

describe('a row as a line', () => {
  test('has every column in its order, nulls too, and nothing else', () => {
    expect(Object.keys(JSON.parse(formatRow(nullRow)))).toEqual(names);
    const disordered = Object.fromEntries(Object.entries(fullRow).reverse()) as typeof fullRow;
    const withMore = { ...disordered, prompt: 'secret' };
    expect(formatRow(withMore)).toBe(formatRow(fullRow));
    expect(JSON.parse(formatRow(withMore))).toEqual(fullRow);
    expect(Object.keys(JSON.parse(formatRow(withMore)))).toEqual(names);
  });

  test('is one line, whatever is in it', () => {
    expect(formatRow({ ...fullRow, route: 'a\nb\r\u2028c' })).not.toMatch(/[\n\r]/);
  });

  test('writes counts as whole numbers without an exponent', () => {
    const line = formatRow({ ...fullRow, input_tokens: 1e21, output_tokens: 2.5, request_bytes: Number.NaN });
    expect(line).toContain('"input_tokens":9007199254740991,');
    expect(line).toContain('"output_tokens":3,');
    expect(line).toContain('"request_bytes":null,');
  });
});

describe('a timestamp', () => {
  test('is UTC, with all its digits', () => {
    expect(formatTimestamp(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toBe('2026-01-02 03:04:05.006');
    expect(formatTimestamp(0)).toBe('1970-01-01 00:00:00.000');
  });
});

describe('a row that is too large', () => {
  test('is cut until it always fits, with what was paid untouched and a flag', () => {
    // Each of these is six bytes in JSON.
    const long = '\u0001'.repeat(100_000);
    const attempt = fullRow.attempts?.[0];
    if (attempt === undefined) throw new Error('The full row has attempts.');
    const texts = Object.fromEntries(ROW_COLUMNS.filter(([, type]) => type === 'string').map(([name]) => [name, long]));
    const huge = {
      ...fullRow,
      ...texts,
      attempts: Array.from({ length: 500 }, (_, index) => ({
        ...attempt,
        ...Object.fromEntries(ATTEMPT_FIELDS.filter(([, type]) => type === 'string').map(([name]) => [name, long])),
        input_tokens: index,
      })),
      flags: Array.from({ length: 500 }, () => long),
      metadata: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${index}${long}`, long])),
    };
    const trimmed = trimRow(huge);
    expect(Buffer.byteLength(formatRow(trimmed))).toBeLessThan(800_000);
    expect(trimmed.cost_nano_usd).toBe(fullRow.cost_nano_usd);
    expect(trimmed.flags?.at(-1)).toBe('row-trimmed');
    // The last attempts say how it ended.
    expect(trimmed.attempts?.at(-1)?.input_tokens).toBe(499);
    expect(Object.keys(JSON.parse(formatRow(trimmed)))).toEqual(names);
  });

  test('keeps what is short', () => {
    const { flags, ...rest } = trimRow(fullRow);
    const { flags: before, ...same } = fullRow;
    expect(rest).toEqual(same);
    expect(flags).toEqual([...(before ?? []), 'row-trimmed']);
    expect(trimRow(nullRow)).toEqual({ ...nullRow, flags: ['row-trimmed'] });
  });
});
