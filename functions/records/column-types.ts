/** The Hive types of the log's columns, parsed: what the local lake and the contract tests work from. */

export type ColumnType =
  | { readonly kind: 'string' | 'bigint' | 'double' | 'boolean' | 'timestamp' }
  | { readonly kind: 'array'; readonly element: ColumnType }
  | { readonly kind: 'map'; readonly key: ColumnType; readonly value: ColumnType }
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [name: string, type: ColumnType])[] };

/** Parses `array<struct<provider:string,http_status:bigint>>`. Throws where the text is no type that the log may use. */
export function parseColumnType(text: string): ColumnType {
  const [type, rest] = parseType(text);
  if (rest !== '') throw new Error(`Unexpected "${rest}" behind the column type in "${text}".`);
  return type;
}

function parseType(text: string): readonly [ColumnType, string] {
  const word = /^[a-z]+/.exec(text)?.[0] ?? '';
  const rest = text.slice(word.length);
  switch (word) {
    case 'string':
    case 'bigint':
    case 'double':
    case 'boolean':
    case 'timestamp':
      return [{ kind: word }, rest];
    case 'array': {
      const [element, behind] = parseType(expect(rest, '<'));
      return [{ kind: 'array', element }, expect(behind, '>')];
    }
    case 'map': {
      const [key, behindKey] = parseType(expect(rest, '<'));
      const [value, behindValue] = parseType(expect(behindKey, ','));
      return [{ kind: 'map', key, value }, expect(behindValue, '>')];
    }
    case 'struct':
      return parseFields(expect(rest, '<'));
    default:
      throw new Error(`No column type that the log may use begins with "${text}".`);
  }
}

function parseFields(text: string): readonly [ColumnType, string] {
  const fields: (readonly [string, ColumnType])[] = [];
  let rest = text;
  while (true) {
    const name = /^[a-z_][a-z0-9_]*/.exec(rest)?.[0] ?? '';
    if (name === '') throw new Error(`A field's name is missing before "${rest}".`);
    const [type, behind] = parseType(expect(rest.slice(name.length), ':'));
    fields.push([name, type]);
    if (!behind.startsWith(',')) return [{ kind: 'struct', fields }, expect(behind, '>')];
    rest = behind.slice(1);
  }
}

function expect(text: string, sign: string): string {
  if (!text.startsWith(sign)) throw new Error(`"${sign}" is missing before "${text}".`);
  return text.slice(sign.length);
}
