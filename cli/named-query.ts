/** The queries that come with Tollgate: `queries/NAME.sql`, the same text that Athena has as saved queries. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError } from './errors.ts';
import { isDay } from './parse.ts';

const QUERIES_FOLDER = resolve(import.meta.dirname, '../queries');

/** How a value is written into the query. `days` stands within an interval, in quotes. */
const WRITERS = {
  date: { wants: 'a day, e.g. 2026-11-01', write: (value) => (isDay(value) ? `DATE '${value}'` : undefined) },
  text: { wants: 'text', write: (value) => `'${value.replaceAll("'", "''")}'` },
  number: {
    wants: 'a number, e.g. 2.5',
    // With an exponent it is a DOUBLE in both engines, without one a DECIMAL of another kind in each.
    write: (value) => (/^\d{1,15}(\.\d{1,15})?$/.test(value) ? `${value}e0` : undefined),
  },
  count: { wants: 'a whole number', write: (value) => (/^\d{1,15}$/.test(value) ? value : undefined) },
  days: { wants: 'a number of days', write: (value) => (/^\d{1,4}$/.test(value) ? `'${value}'` : undefined) },
} as const satisfies {
  readonly [type: string]: { readonly wants: string; readonly write: (value: string) => string | undefined };
};

type ParameterType = keyof typeof WRITERS;

export interface QueryParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly about: string;
}

export interface NamedQuery {
  readonly name: string;
  /** What it answers, in a sentence. */
  readonly about: string;
  /** The whole comment above it. */
  readonly help: string;
  readonly parameters: readonly QueryParameter[];
  readonly sql: string;
}

export function queryNames(): readonly string[] {
  return readdirSync(QUERIES_FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort();
}

export function readQuery(name: string): NamedQuery {
  const names = queryNames();
  if (!names.includes(name)) {
    throw new CliError(`There is no query "${name}". There are: ${names.join(', ')}.`, { exitCode: 2 });
  }
  return parseQuery(name, readFileSync(join(QUERIES_FOLDER, `${name}.sql`), 'utf8'));
}

export function parseQuery(name: string, sql: string): NamedQuery {
  const lines = sql.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  const comment = lines.slice(0, end).map((line) => line.replace(/^-- ?/, ''));
  return { name, about: comment[0] ?? '', help: comment.join('\n'), parameters: readParameters(comment), sql };
}

/** `  since  date  first day, …`, with what follows on the next lines, between `Parameters:` and an empty line. */
function readParameters(comment: readonly string[]): readonly QueryParameter[] {
  const start = comment.indexOf('Parameters:');
  const end = comment.indexOf('', start);
  if (start < 0) return [];
  const parameters: QueryParameter[] = [];
  for (const line of comment.slice(start + 1, end < 0 ? undefined : end)) {
    const [, name, type, about = ''] = /^ {2}([a-z]\w*) +(\w+) +(.*)$/.exec(line) ?? [];
    const last = parameters.at(-1);
    if (name !== undefined && isType(type)) parameters.push({ name, type, about });
    else if (last !== undefined) parameters.splice(-1, 1, { ...last, about: `${last.about} ${line.trim()}` });
  }
  return parameters;
}

function isType(type: string | undefined): type is ParameterType {
  return type !== undefined && Object.hasOwn(WRITERS, type);
}

/**
 * A parameter's default stands between two comments with its name, `since:` before it and `:since` behind, as often as
 * it is needed.
 */
const PLACE = /\/\* (\w+): \*\/ .*? \/\* :\1 \*\//gs;

/** The query with these values in the places of the defaults: in one pass, so that no value is taken for a place. */
export function fillQuery(query: NamedQuery, values: ReadonlyMap<string, string>): string {
  const written = new Map<string, string>();
  for (const [name, value] of values) {
    const parameter = query.parameters.find((each) => each.name === name);
    if (parameter === undefined) {
      const known = query.parameters.map((each) => each.name).join(', ');
      throw new CliError(`The query "${query.name}" has no parameter "${name}". It has: ${known}.`, { exitCode: 2 });
    }
    const { wants, write } = WRITERS[parameter.type];
    const text = write(value);
    if (text === undefined) throw new CliError(`${name}=${value}: ${wants} is wanted.`, { exitCode: 2 });
    written.set(name, text);
  }
  return query.sql.replace(PLACE, (place, name: string) => written.get(name) ?? place);
}
