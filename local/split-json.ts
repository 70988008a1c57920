/**
 * The JSON objects of a Firehose record, one line of text each. Its deserialiser takes objects one after another, with
 * or without white space between them (`{…}{…}`), but no array and nothing else. Undefined where it is not that.
 */
export function splitJson(text: string): readonly string[] | undefined {
  const lines: string[] = [];
  for (let start = skipSpace(text, 0); start < text.length; ) {
    const end = text[start] === '{' ? objectEnd(text, start) : undefined;
    const line = end === undefined ? undefined : toLine(text.slice(start, end));
    if (end === undefined || line === undefined) return undefined;
    lines.push(line);
    start = skipSpace(text, end);
  }
  return lines.length === 0 ? undefined : lines;
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (index < text.length && /\s/.test(text.charAt(index))) index += 1;
  return index;
}

/** Behind the brace that closes the one at `start`. Braces in strings do not count. */
function objectEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (quoted && character === '\\') index += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === '{') depth += 1;
    else if (!quoted && character === '}') depth -= 1;
    if (depth === 0) return index + 1;
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
