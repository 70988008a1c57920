/**
 * The regular expressions that a configuration may hold, as a tree. They run over every kept content, so they are
 * matched in linear time (see records/own-patterns.ts), and what cannot be matched so is refused by name: references
 * back, looking around, anchors to lines.
 */
export type PatternNode =
  /** One character, as a regular expression of JavaScript. */
  | { readonly type: 'one'; readonly source: string }
  | { readonly type: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly type: 'either'; readonly items: readonly PatternNode[] }
  | { readonly type: 'repeat'; readonly item: PatternNode; readonly least: number; readonly most: number };

export type ParsedPattern =
  | { readonly ok: true; readonly node: PatternNode }
  | { readonly ok: false; readonly problem: string };

/** `{n}` is n copies in the automaton. */
const MOST_STATES = 1_000;
const MOST_DEPTH = 20;

/** The automaton reads UTF-16 code units. */
const BEYOND = /[\u{10000}-\u{10ffff}]|\\u\{0*[0-9a-f]{5,}\}|\\u[dD][89a-fA-F]/iu;

class PatternProblem extends Error {}

export function parsePattern(source: string): ParsedPattern {
  try {
    new RegExp(source, 'u');
  } catch {
    return { ok: false, problem: 'is not a regular expression' };
  }
  if (BEYOND.test(source)) return { ok: false, problem: 'has a character beyond U+FFFF, which is never found' };
  try {
    const node = parse(source);
    if (countStates(node) > MOST_STATES)
      return { ok: false, problem: 'is too large: its repetitions add up to over 1,000' };
    if (isOptional(node)) return { ok: false, problem: 'matches the empty text' };
    return { ok: true, node };
  } catch (error) {
    if (error instanceof PatternProblem) return { ok: false, problem: error.message };
    throw error;
  }
}

function parse(source: string): PatternNode {
  let at = 0;
  const refuse = (what: string): never => {
    throw new PatternProblem(`has ${what}, which cannot be matched in linear time`);
  };

  const either = (depth: number): PatternNode => {
    if (depth > MOST_DEPTH) refuse('groups that are nested too deep');
    const items = [sequence(depth)];
    while (source[at] === '|') {
      at += 1;
      items.push(sequence(depth));
    }
    return items.length === 1 && items[0] !== undefined ? items[0] : { type: 'either', items };
  };

  const sequence = (depth: number): PatternNode => {
    const items: PatternNode[] = [];
    while (at < source.length && source[at] !== '|' && source[at] !== ')') items.push(repeated(atom(depth)));
    return { type: 'sequence', items };
  };

  const atom = (depth: number): PatternNode => {
    const sign = source[at];
    if (sign === '^' || sign === '$') return refuse(`the anchor "${sign}"`);
    if (sign === '(') return group(depth);
    const length = sign === '[' ? classLength() : sign === '\\' ? escapeLength() : 1;
    const one = source.slice(at, at + length);
    at += length;
    return { type: 'one', source: one };
  };

  const group = (depth: number): PatternNode => {
    at += 1;
    if (source[at] === '?') {
      const kind = /^\?(?::|<[A-Za-z_]\w*>)/.exec(source.slice(at, at + 80))?.[0];
      if (kind === undefined) return refuse('a look around');
      at += kind.length;
    }
    const inner = either(depth + 1);
    at += 1;
    return inner;
  };

  const classLength = (): number => {
    let end = at + 1;
    for (; source[end] !== ']'; end += 1) if (source[end] === '\\') end += 1;
    return end + 1 - at;
  };

  const escapeLength = (): number => {
    const rest = source.slice(at, at + 100);
    if (/^\\(?:[1-9k])/.test(rest)) return refuse('a reference back');
    if (/^\\[bB]/.test(rest)) return refuse('a word boundary');
    return /^\\(?:u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[pP]\{[^}]*\}|c[A-Za-z]|.)/su.exec(rest)?.[0].length ?? 2;
  };

  const repeated = (item: PatternNode): PatternNode => {
    const found = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/.exec(source.slice(at, at + 40));
    if (found === null) return item;
    at += found[0].length;
    const [text, from, comma, to] = found;
    if (from === undefined) {
      return { type: 'repeat', item, least: text.startsWith('+') ? 1 : 0, most: text.startsWith('?') ? 1 : Infinity };
    }
    const least = Number(from);
    return { type: 'repeat', item, least, most: comma === undefined ? least : to ? Number(to) : Infinity };
  };

  return either(0);
}

function countStates(node: PatternNode): number {
  switch (node.type) {
    case 'one':
      return 1;
    case 'repeat':
      return countStates(node.item) * Math.max(1, node.most === Infinity ? node.least + 1 : node.most);
    default:
      return node.items.reduce((sum, item) => sum + countStates(item), 1);
  }
}

function isOptional(node: PatternNode): boolean {
  switch (node.type) {
    case 'one':
      return false;
    case 'repeat':
      return node.least === 0 || isOptional(node.item);
    case 'sequence':
      return node.items.every(isOptional);
    case 'either':
      return node.items.some(isOptional);
  }
}
