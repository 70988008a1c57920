/**
 * The JSON objects of a Firehose record, one line of text each. Its deserialiser takes objects one after another, with
 * or without white space between them (`{…}{…}`), but no array and nothing else. Undefined where it is not that.
 */
export function splitJson(text: string): readonly string[] | undefined {
  const lines: string[] = [];
  let rest = text.trim();
  const whole = rest.startsWith('{') ? toLine(rest) : undefined; // What the gateway sends: one row a record.
  if (whole !== undefined) return [whole];
  while (rest !== '') {
    const end = rest.startsWith('{') ? objectEnd(rest) : undefined;
    if (end === undefined) return undefined;
    const line = toLine(rest.slice(0, end));
    if (line === undefined) return undefined;
    lines.push(line);
    rest = rest.slice(end).trimStart();
  }
  return lines.length === 0 ? undefined : lines;
}

/** Behind the brace that closes the first one; braces in strings do not count. */
function objectEnd(text: string): number | undefined {
  let depth = 0;
  // A string, or a brace. An unclosed string matches neither, and its braces only lead to text that does not parse.
  for (const match of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/gs)) {
    if (match[0] === '{') depth += 1;
    else if (match[0] === '}') depth -= 1;
    if (depth === 0) return match.index + 1;
  }
  return undefined;
}

/** As it was, where it is one line already: numbers beyond 2^53 keep their digits. */
function toLine(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return /[\r\n]/.test(text) ? JSON.stringify(value) : text;
  } catch {
    return undefined;
  }
}
