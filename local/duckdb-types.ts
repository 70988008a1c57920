/** The lake's columns in DuckDB's words. */
import { type ColumnType, parseColumnType } from '../functions/records/column-types.ts';
import type { LakeColumns } from '../functions/records/lake-tables.ts';

/** Name and type, in the columns' order. */
export function duckdbColumns(columns: LakeColumns): readonly (readonly [name: string, type: string])[] {
  return columns.map(([name, type]) => [name, duckdbType(parseColumnType(type))]);
}

function duckdbType(type: ColumnType): string {
  switch (type.kind) {
    case 'string':
      return 'VARCHAR';
    case 'array':
      return `${duckdbType(type.element)}[]`;
    case 'map':
      return `MAP(${duckdbType(type.key)}, ${duckdbType(type.value)})`;
    case 'struct':
      return `STRUCT(${type.fields.map(([name, field]) => `${identifier(name)} ${duckdbType(field)}`).join(', ')})`;
    default:
      return type.kind.toUpperCase();
  }
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
