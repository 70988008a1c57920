/**
 * The SQL that Athena (Trino) and DuckDB understand alike, as a list of what is allowed and of what is not. A parser
 * says whether a text is Trino's; this says whether it means the same in both.
 */
import { LAKE_TABLES } from '../../../functions/records/lake-tables.ts';

/** Functions that both have under one name (some as a macro here) and that give the same for what is asked of them. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['abs', 'avg', 'coalesce', 'count', 'greatest', 'least', 'max', 'min', 'nullif', 'sqrt', 'stddev_samp', 'sum'],
  ...['split', 'split_part', 'substr', 'row_number', 'unnest'],
  // Half away from zero in both.
  'round',
  // Within limits that are checked below.
  ...['cast', 'date_diff', 'date_trunc'],
  // Macros of local/athena-functions.ts.
  ...['approx_percentile', 'cardinality', 'element_at', 'sequence'],
]);

const KEYWORDS = new Set(['and', 'as', 'by', 'from', 'in', 'is', 'not', 'on', 'or', 'over', 'select', 'then', 'when']);

interface Rule {
  readonly pattern: RegExp;
  readonly why: string;
}

const RULES: readonly Rule[] = [
  { pattern: /::/, why: 'casts are written CAST(x AS TYPE): Trino has no "::"' },
  { pattern: /"/, why: 'no quoted names: nothing needs them, and MySQL-minded readers take them for text' },
  { pattern: /\[/, why: 'no subscripts: Trino fails beyond the end, DuckDB gives null; element_at gives null in both' },
  { pattern: /%/, why: 'no remainder: its sign and its types differ' },
  {
    pattern: /\b(now|current_timestamp|localtimestamp|current_time)\b/,
    why: 'timestamps with a zone differ in precision and casts; current_date is the same',
  },
  {
    pattern: /\b\d+\.\d+(?!\d|e)(?<!approx_percentile\([^)]{0,80}, 0\.\d+)/,
    why: 'decimal literals are of other types in each: write 0.5e0',
  },
  {
    pattern: /\/(?!\s*(\d+e\d+\b|nullif\((CAST|sum)\(|sqrt\(|CAST\([^/]* AS DOUBLE\)|nullif\([\w.]+_usd,))/,
    why: 'Trino divides integers without a remainder: divide by a DOUBLE',
  },
  {
    pattern: /AS BIGINT\)(?<!CAST\(round\([^;]{0,80} AS BIGINT\))/,
    why: 'halves are rounded otherwise in each: round() first',
  },
  {
    pattern: /(?<!CAST\([^()]{0,60})current_date\s*[+-]/,
    why: 'a date plus an interval is a timestamp in DuckDB: CAST(… AS DATE)',
  },
  { pattern: /date_trunc\('(?!hour', started_at\)|month', )/, why: 'date_trunc of a date gives another type in each' },
  {
    pattern: /(?<!CAST\()date_trunc\('month'/,
    why: 'date_trunc of a date gives another type in each: CAST(… AS DATE)',
  },
  {
    pattern: /date_diff\('(?!day'|hour', TIMESTAMP '2026-01-01 00:00:00', date_trunc\('hour')/,
    why: 'Trino counts whole units, DuckDB boundaries: only days of dates, and whole hours',
  },
  {
    pattern:
      /\b(ILIKE|QUALIFY|USING SAMPLE|GROUP BY ALL|ORDER BY ALL|EXCLUDE|REPLACE|LIMIT \d+ OFFSET|DISTINCT ON|TRY_CAST|SIMILAR|GLOB)\b/i,
    why: 'not in both',
  },
];

/** What is wrong with the statement, one sentence each. */
export function findDifferences(statement: string): readonly string[] {
  const sql = withoutComments(statement);
  const problems = RULES.flatMap(({ pattern, why }) => {
    const found = pattern.exec(withoutText(sql, pattern.source.includes("'")));
    return found === null ? [] : [`"${found[0]}": ${why}`];
  });
  return [
    ...problems,
    ...unknownFunctions(withoutText(sql)),
    ...unorderedNulls(withoutText(sql)),
    ...comparedTexts(sql),
    ...unorderedLimits(withoutText(sql)),
    ...usedAliases(withoutText(sql)),
  ];
}

/** To one line; the parameters' marks are comments as well. */
function withoutComments(sql: string): string {
  return sql
    .replace(/--.*$/gm, ' ')
    .replace(/\/\*.*?\*\//gs, ' ')
    .replace(/\s+/g, ' ');
}

function withoutText(sql: string, keep = false): string {
  return keep ? sql : sql.replace(/'(?:[^']|'')*'/g, "''");
}

function unknownFunctions(sql: string): readonly string[] {
  const names = [...sql.matchAll(/(?<!\bAS )\b([a-z_]\w*)\s*\(/gi)].map((match) => (match[1] ?? '').toLowerCase());
  const tables = [...sql.matchAll(/\bAS (\w+)\(/g)].map((match) => match[1]);
  return names
    .filter((name) => !FUNCTIONS.has(name) && !KEYWORDS.has(name) && !tables.includes(name))
    .map((name) => `${name}(): is not on the list of functions that both have`);
}

/** The last ORDER BY decides what a reader sees first; those of windows are over values that are never null. */
function unorderedNulls(sql: string): readonly string[] {
  const last = sql.slice(sql.lastIndexOf(' ORDER BY ') + ' ORDER BY '.length).replace(/ LIMIT .*$/, '');
  return splitList(last)
    .filter((item) => !/ NULLS (LAST|FIRST)$/.test(item.trim()))
    .map((item) => `"${item.trim()}": says not where nulls go`);
}

function unorderedLimits(sql: string): readonly string[] {
  return / LIMIT /.test(sql) && !/ ORDER BY [^()]*(\([^()]*\)[^()]*)* LIMIT /.test(sql)
    ? ['LIMIT without ORDER BY: any rows']
    : [];
}

const TEXT_COLUMNS: ReadonlySet<string> = new Set(
  LAKE_TABLES.flatMap(({ columns }) => columns.filter(([, type]) => type === 'string').map(([name]) => name)).concat(
    // Columns of invoices, and of the queries' own.
    ...['dt', 'day', 'entry', 'name', 'provider', 'usage_source'],
  ),
);

/** DuckDB makes of a text what it is compared with; Trino refuses it. */
function comparedTexts(sql: string): readonly string[] {
  return [...sql.matchAll(/([\w.]+)\s*(?:=|<>|<=|>=|<|>|\bIN\b|\bLIKE\b)\s*\(?\s*'/gi)]
    .map((match) => match[1]?.split('.').at(-1) ?? '')
    .filter((name) => !TEXT_COLUMNS.has(name))
    .map((name) => `${name}: is compared with a text, and is none`);
}

/**
 * DuckDB lets a SELECT use its own aliases in its columns, WHERE, GROUP BY and HAVING; Trino does not. A name may be both
 * only where the alias stands for an expression over the column of that name.
 */
function usedAliases(sql: string): readonly string[] {
  return selects(sql).flatMap((select) => {
    const [list = '', behind = ''] = splitAt(select, / FROM /);
    const clauses = behind.replace(/ ORDER BY .*$/, '');
    const items = splitList(list.replace(/^SELECT /, '')).map((item) => {
      const [, expression = item, alias] = /^(.*) AS (\w+)$/.exec(item.trim()) ?? [];
      return { expression, alias };
    });
    return items.flatMap(({ expression, alias }) => {
      if (alias === undefined) return [];
      const name = new RegExp(`(?<![\\w.])${alias}\\b(?![.(])`);
      if (name.test(expression)) return [];
      const others = items.filter((item) => item.alias !== alias).map((item) => item.expression);
      return [...others, clauses].some((text) => name.test(text))
        ? [`${alias}: is an alias that its own SELECT uses`]
        : [];
    });
  });
}

/** Every SELECT, with what it nests taken out. */
function selects(sql: string): readonly string[] {
  const found: string[] = [];
  const visit = (text: string): string => {
    let flat = '';
    for (let index = 0; index < text.length; index += 1) {
      if (text[index] !== '(') {
        flat += text[index];
        continue;
      }
      const end = closing(text, index);
      const inner = visit(text.slice(index + 1, end));
      if (/^\s*SELECT /.test(inner)) found.push(inner.trim());
      flat += /^\s*SELECT /.test(inner) ? '()' : `(${inner})`;
      index = end;
    }
    return flat;
  };
  const outer = visit(sql);
  return [...found, outer.slice(outer.indexOf('SELECT ')).trim()];
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (depth === 0) return index;
  }
  throw new Error(`A parenthesis stays open: ${text.slice(open, open + 80)}`);
}

function splitAt(text: string, separator: RegExp): readonly string[] {
  const flat = text.replace(/\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\)/g, (inner) =>
    '_'.repeat(inner.length),
  );
  const at = flat.search(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at)];
}

function splitList(text: string): readonly string[] {
  const items: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (text[index] !== ',' || depth > 0) continue;
    items.push(text.slice(start, index));
    start = index + 1;
  }
  return [...items, text.slice(start)];
}
