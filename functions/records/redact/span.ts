/** A stretch of a text that must not be kept. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** What stands there afterwards: `email` gives `[email:21]`. */
  readonly type: string;
}

/** Finds what it knows in a text, in time that grows with the length of the text and nothing else. */
export type Detector = (text: string) => readonly Span[];

/** In order, without overlaps: where two overlap, all of both goes, under the name of the one that begins first. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((left, right) => left.start - right.start || right.end - left.end)) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) merged.push(span);
    else if (span.end > last.end) merged[merged.length - 1] = { ...last, end: span.end };
  }
  return merged;
}

export function maskSpans(text: string, spans: readonly Span[]): string {
  let masked = '';
  let at = 0;
  for (const { start, end, type } of spans) {
    masked += `${text.slice(at, start)}[${type}:${end - start}]`;
    at = end;
  }
  return masked + text.slice(at);
}
