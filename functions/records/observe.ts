/**
 * Whether a text tries to take a model over: by orders that belong to somebody else (`prompt-injection`), or by talking it
 * out of its limits (`jailbreak`). A heuristic that only flags: see docs/observation.md for what it sees and what not.
 * Pure, one pass over the words, and bounded: a text that is longer than the bound is seen at both ends.
 */
import { ABOUT, PHRASES, QUOTING, SPELLED } from './observe/phrases.ts';
import { type Flag, RULES } from './observe/rules.ts';
import { plainText, spelledOut, splitWords, type Word } from './observe/words.ts';

export interface Observation {
  readonly flags: readonly Flag[];
  /** From 0.6 on, both together, it is flagged. */
  readonly scores: { readonly [F in Flag]: number };
}

/** Characters that are looked at: half of them at each end. */
const MOST = 200_000;
const QUOTED_WEIGHT = 0.2;
const ABOUT_WEIGHT = 0.55;
/** Both scores together: many attacks do both. */
const THRESHOLD = 0.6;
/** What a score needs for a flag of its own, in an attack. */
const PART = 0.3;
/** Of sums of tenths. */
const ROUNDING = 1e-9;

export function observe(text: string): Observation {
  const seen = text.length <= MOST ? text : `${text.slice(0, MOST / 2)}\n${text.slice(-MOST / 2)}`;
  const scores: { [F in Flag]: number } = { 'prompt-injection': 0, jailbreak: 0 };
  score(seen, scores);
  const hidden = uncovered(seen);
  if (hidden !== '') score(hidden, scores);
  const { 'prompt-injection': injection, jailbreak } = scores;
  const isAttack = injection + jailbreak >= THRESHOLD - ROUNDING;
  const flags = (Object.keys(scores) as Flag[]).filter((flag) => isAttack && scores[flag] >= PART - ROUNDING);
  return { flags, scores };
}

interface Slot {
  readonly rule: number;
  readonly at: number;
}

const WORDS = new Map<string, Slot[]>();
/** Beginnings, by their length. */
const STEMS = new Map<number, Map<string, Slot[]>>();
RULES.forEach(({ slots }, rule) => {
  slots.forEach((words, at) => {
    for (const word of words) {
      const stem = word.endsWith('*') ? word.slice(0, -1) : undefined;
      const table = stem === undefined ? WORDS : (STEMS.get(stem.length) ?? new Map<string, Slot[]>());
      if (stem !== undefined) STEMS.set(stem.length, table);
      const known = table.get(stem ?? word);
      if (known === undefined) table.set(stem ?? word, [{ rule, at }]);
      else known.push({ rule, at });
    }
  });
});

function score(text: string, scores: { [F in Flag]: number }): void {
  const plain = plainText(text);
  const words = splitWords(plain);
  const isAbout = words.some((word) => !word.quoted && ABOUT.has(word.text));
  const isQuoting = isAbout || words.some((word) => !word.quoted && QUOTING.has(word.text));
  const weights = matchRules(words, isAbout ? ABOUT_WEIGHT : 1, isQuoting ? QUOTED_WEIGHT : 1);
  for (const [index, weight] of weights) {
    const rule = RULES[index];
    if (rule !== undefined) scores[rule.flag] += rule.weight * weight;
  }
  for (const { flag, weight, parts } of PHRASES) {
    if (parts.every((part) => plain.includes(part))) scores[flag] += weight * (isAbout ? ABOUT_WEIGHT : 1);
  }
  const spelled = spelledOut(words);
  if (SPELLED.some((phrase) => spelled.includes(phrase))) scores['prompt-injection'] += 1;
}

/** How much each rule counts that is met: each once, at its best. */
function matchRules(words: readonly Word[], said: number, quoted: number): ReadonlyMap<number, number> {
  // Where the slots so far were met last, and whether all of them outside of quotation marks.
  const reached = RULES.map(() => new Map<number, Met>());
  const best = new Map<number, number>();
  words.forEach((word, position) => {
    // The last slots first: one word must not be two of them.
    for (const { rule, at } of slotsOf(word.text).toSorted((left, right) => right.at - left.at)) {
      const { within = 0, slots = [], anyOrder = false } = RULES[rule] ?? {};
      const met = reached[rule];
      if (met === undefined) continue;
      const before = anyOrder || at === 0 ? undefined : met.get(at - 1);
      const isNext =
        anyOrder || at === 0 || (before !== undefined && position - before.at <= within + 1 && before.at !== position);
      if (!isNext) continue;
      met.set(at, { at: position, quoted: word.quoted || before?.quoted === true });
      const whole = anyOrder
        ? together(met, slots.length, position, within)
        : at === slots.length - 1
          ? met.get(at)
          : undefined;
      if (whole !== undefined) best.set(rule, Math.max(best.get(rule) ?? 0, whole.quoted ? quoted : said));
    }
  });
  return best;
}

interface Met {
  readonly at: number;
  readonly quoted: boolean;
}

/** Whether every slot was met lately, each by a word of its own. */
function together(met: ReadonlyMap<number, Met>, slots: number, position: number, within: number): Met | undefined {
  if (met.size < slots) return undefined;
  const all = [...met.values()];
  const isClose = all.every(({ at }) => position - at <= (within + 1) * (slots - 1));
  if (!isClose || new Set(all.map(({ at }) => at)).size < slots) return undefined;
  return { at: position, quoted: all.some((each) => each.quoted) };
}

function slotsOf(word: string): readonly Slot[] {
  const found = [...(WORDS.get(word) ?? [])];
  for (const [length, table] of STEMS) {
    if (word.length >= length) found.push(...(table.get(word.slice(0, length)) ?? []));
  }
  return found;
}

const BASE64 = /[A-Za-z0-9+/]{32,4096}={0,2}/g;
/** Of the tag characters, which show nowhere and spell ASCII. */
const TAGS = /[\u{e0020}-\u{e007e}]+/gu;

/** What stands there and is not seen: base64 of a text, and letters that no font shows. */
function uncovered(text: string): string {
  const found: string[] = [];
  for (const [encoded] of text.matchAll(BASE64)) {
    const plain = decode(encoded);
    if (plain !== undefined) found.push(plain);
  }
  for (const [tags] of text.matchAll(TAGS)) {
    found.push([...tags].map((sign) => String.fromCodePoint((sign.codePointAt(0) ?? 0) - 0xe0000)).join(''));
  }
  return found.join('\n').slice(0, MOST);
}

function decode(encoded: string): string | undefined {
  const whole = encoded.replace(/=+$/, '');
  const plain = atob(whole.slice(0, whole.length - (whole.length % 4 === 1 ? 1 : 0)));
  return /^[\x20-\x7e\s]+$/.test(plain) ? plain : undefined;
}
