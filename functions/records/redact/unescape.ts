import { type View, writeView } from './view.ts';

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
  const view = writeView(text, origin);
  for (let next = slash; slash !== -1; slash = text.indexOf('\\', next)) {
    const sign = text[slash + 1] ?? '';
    const hex = sign === 'u' ? text.slice(slash + 2, slash + 6) : '';
    const isCode = HEX4.test(hex);
    const plain = isCode ? String.fromCharCode(Number.parseInt(hex, 16)) : ESCAPES[sign];
    next = slash + (plain === undefined ? 1 : isCode ? 6 : 2);
    if (plain !== undefined) view.replace(slash, next, plain);
  }
  return view.end();
}
