/** A text as its reader would see it, with where each of its characters came from. */
export interface View {
  readonly text: string;
  /** Where each character begins in the original; one more, for the end. */
  readonly starts: Int32Array;
}

const ESCAPES: { readonly [sign: string]: string } = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '"': '"',
  '\\': '\\',
  '/': '/',
};
const HEX4 = /^[0-9a-fA-F]{4}$/;

/**
 * Takes off one layer of JSON's escapes, wherever they stand: in a whole document, in a cut one, in one that is quoted in
 * prose. Undefined where there are none.
 */
export function unescapeJson(text: string, origin?: View): View | undefined {
  let slash = text.indexOf('\\');
  if (slash === -1) return undefined;
  const starts = new Int32Array(text.length + 1);
  const pieces: string[] = [];
  const from = (at: number): number => (origin === undefined ? at : (origin.starts[at] ?? 0));
  let length = 0;
  let at = 0;
  const take = (end: number): void => {
    pieces.push(text.slice(at, end));
    for (; at < end; at += 1) starts[length++] = from(at);
  };
  for (; slash !== -1; slash = text.indexOf('\\', at)) {
    take(slash);
    const sign = text[slash + 1] ?? '';
    const hex = sign === 'u' ? text.slice(slash + 2, slash + 6) : '';
    const isCode = HEX4.test(hex);
    const plain = isCode ? String.fromCharCode(Number.parseInt(hex, 16)) : ESCAPES[sign];
    if (plain === undefined) {
      take(slash + 1);
      continue;
    }
    pieces.push(plain);
    starts[length++] = from(slash);
    at = slash + (isCode ? 6 : 2);
  }
  take(text.length);
  starts[length] = from(text.length);
  return { text: pieces.join(''), starts: starts.subarray(0, length + 1) };
}
