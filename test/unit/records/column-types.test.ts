import { describe, expect, test } from 'vitest';
import { parseColumnType } from '../../../functions/records/column-types.ts';
import { ROW_COLUMNS } from '../../../functions/records/row.ts';

describe('a column type', () => {
  test('is parsed, nested as it may be', () => {
    expect(parseColumnType('bigint')).toEqual({ kind: 'bigint' });
    expect(parseColumnType('map<string,array<struct<a:bigint,b_2:map<string,double>>>>')).toEqual({
      kind: 'map',
      key: { kind: 'string' },
      value: {
        kind: 'array',
        element: {
          kind: 'struct',
          fields: [
            ['a', { kind: 'bigint' }],
            ['b_2', { kind: 'map', key: { kind: 'string' }, value: { kind: 'double' } }],
          ],
        },
      },
    });
  });

  test('of every column can be read', () => {
    for (const [name, type] of ROW_COLUMNS) expect(parseColumnType(type).kind, name).toBeTypeOf('string');
  });

  test.each([
    '',
    'int',
    'float',
    'decimal(18,9)',
    'array<',
    'array<string',
    'map<string>',
    'struct<>',
    'struct<a>',
    'string ',
    'bigint>',
  ])('is refused where it is "%s"', (text) => {
    expect(() => parseColumnType(text)).toThrow(/type|missing|Unexpected/);
  });
});
