/**
 * Takes secrets and personal data out of what is kept, and leaves their type and length: `[email:21]`. Pure, and linear
 * in the length of the text: searches for fixed words and runs over kinds of characters, nothing that backtracks.
 */
import type { Json, JsonObject } from '../core/json.ts';
import { findCredentials, findEmails } from './redact/find-addresses.ts';
import { findAssigned } from './redact/find-assigned.ts';
import { findBasic, findEncoded } from './redact/find-encoded.ts';
import { findBearers, findKeys, findNamedSecrets, findPrivateKeys, findTokens } from './redact/find-keys.ts';
import { findNumbers } from './redact/find-numbers.ts';
import { type Detector, maskSpans, mergeSpans, type Span } from './redact/span.ts';
import { unescapeJson } from './redact/unescape.ts';
import { unveil } from './redact/unveil.ts';
import type { View } from './redact/view.ts';

export interface Redactor {
  /** `context` is the name under which the text stands. */
  text(text: string, context?: string): string;
  /** The same value with every string in it, names of fields included, redacted; and numbers that are somebody's. */
  value(value: Json): Json;
}

const DETECTORS: readonly Detector[] = [
  findPrivateKeys,
  findKeys,
  findTokens,
  findBearers,
  findBasic,
  findCredentials,
  findEmails,
  findNumbers,
];

/** JSON in a string in JSON in a string: agents do it. What is escaped more often than that is noise. */
const LAYERS = 4;
const DEPTH = 100;

export function createRedactor(own: readonly Detector[] = []): Redactor {
  const detectors = [...DETECTORS, ...own];

  const detect = (text: string): readonly Span[] => detectors.flatMap((each) => each(text));

  const findIn = (text: string, context: string): readonly Span[] => [
    ...detect(text),
    ...findNamedSecrets(text, context),
    ...findAssigned(text, context),
    ...findEncoded(text, detect),
  ];

  /** In the text as it stands, and as it shows. `origin` is where its characters came from. */
  const find = (text: string, context: string, origin?: View): readonly Span[] => {
    const shown = unveil(text, origin);
    const found = origin === undefined ? findIn(text, context) : mapped(findIn(text, context), origin);
    return shown === undefined ? found : [...found, ...mapped(findIn(shown.text, context), shown)];
  };

  /** Looks beneath the escapes too: `\u0073k-…` is a key, and the `n` of `\n` no part of the word behind it. */
  const findAll = (text: string, context: string): readonly Span[] => {
    const layers: View[] = [];
    for (let layer = unescapeJson(text); layer !== undefined && layers.length < LAYERS; ) {
      layers.push(layer);
      layer = unescapeJson(layer.text, layer);
    }
    const [outermost] = layers;
    if (outermost === undefined) return mergeSpans(find(text, context));
    // The innermost reading is the most exact one; the others add what only they see.
    const found: Span[] = [];
    for (const view of layers.toReversed()) found.push(...find(view.text, context, view));
    const raw = find(text, context).filter((span) => !found.some((other) => overlap(span, other)));
    return mergeSpans([...found, ...widen(raw, outermost, text.length)]);
  };

  const value = (json: Json | undefined, context: string, depth: number): Json => {
    if (json === undefined) return null;
    if (typeof json === 'string') return text(json, context, depth);
    if (typeof json === 'number') {
      const digits = String(json);
      const redacted = digits.length < 13 ? digits : text(digits, context, depth);
      return redacted === digits ? json : redacted;
    }
    if (json === null || typeof json !== 'object') return json;
    if (depth > DEPTH) return '[too deep]';
    if (Array.isArray(json)) return json.map((element: Json) => value(element, context, depth + 1));
    const fields = Object.entries(json as JsonObject);
    // Assigned one by one it would be `__proto__` that is lost; this way it is a field like any other.
    return Object.fromEntries(fields.map(([name, field]) => [text(name, '', depth), value(field, name, depth + 1)]));
  };

  const text = (raw: string, context: string, depth: number): string => {
    const spans = findAll(raw, context);
    if (spans.length === 0) return raw;
    // What is JSON stays JSON: a number that is somebody's becomes a string.
    const document = depth > DEPTH ? undefined : parseDocument(raw);
    if (document === undefined) return maskSpans(raw, spans);
    const redacted = JSON.stringify(value(document, '', depth + 1));
    // What only shows in the document as a whole, e.g. by a name that stands in another field.
    return maskSpans(redacted, findAll(redacted, context));
  };

  return { text: (raw, context = '') => text(raw, context, 0), value: (json) => value(json, '', 0) };
}

/** From the places in a view to those in the original. */
const mapped = (spans: readonly Span[], { starts }: View): readonly Span[] =>
  spans.map(({ start, end, type }) => ({ start: starts[start] ?? 0, end: starts[end] ?? 0, type }));

const overlap = (left: Span, right: Span): boolean => left.start < right.end && right.start < left.end;

/** To the borders of escapes: half of one would break the document around it. */
function widen(spans: readonly Span[], { starts }: View, length: number): readonly Span[] {
  return spans.map((span) => ({
    ...span,
    start: starts[firstAfter(starts, span.start) - 1] ?? 0,
    end: starts[firstAfter(starts, span.end - 1)] ?? length,
  }));
}

/** The index of the first entry that is larger. */
function firstAfter(sorted: Int32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function parseDocument(text: string): Json | undefined {
  if (!/^\s{0,100}[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Cut, or only looks like it: then it is redacted as text.
    return undefined;
  }
}
