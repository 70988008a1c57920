/**
 * The operator's own patterns as detectors, matched by an automaton that is built as it is needed: each character of a
 * text is one step, whatever the pattern, where the engine's own matcher may take exponentially many. Of several matches
 * at one place the longest counts.
 */
import { type PatternNode, parsePattern } from '../core/pattern.ts';
import type { Detector, Span } from './redact/span.ts';

export interface OwnPattern {
  readonly name: string;
  readonly pattern: string;
}

/** No match is longer; the rest of what would be is looked at by itself. */
const MOST_LENGTH = 1_000;
/** States that are remembered: beyond it the automaton starts anew, so that no text can fill the memory. */
const MOST_REMEMBERED = 2_000;

/** The patterns are good: the configuration was checked. One that is not finds nothing. */
export function ownDetectors(patterns: readonly OwnPattern[]): readonly Detector[] {
  return patterns.flatMap(({ name, pattern }) => {
    const parsed = parsePattern(pattern);
    return parsed.ok ? [createDetector(name, parsed.node)] : [];
  });
}

function createDetector(type: string, node: PatternNode): Detector {
  const search = createMachine(node, true);
  const anchored = createMachine(node, false);
  const backward = createMachine(reverse(node), false);
  return (text) => {
    const spans: Span[] = [];
    let state = search.start;
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      state = search.step(state, text.charCodeAt(at));
      if (!state.accepts) continue;
      // Here the first match ends: back to where it begins, and from there on to where the longest ends.
      const start = longest(at, Math.max(from, at + 1 - MOST_LENGTH), backward, text, -1);
      const end = longest(start, Math.min(text.length, start + MOST_LENGTH) - 1, anchored, text, 1) + 1;
      spans.push({ start, end, type });
      at = end - 1;
      from = end;
      state = search.start;
    }
    return spans;
  };
}

/** The last position, going by `step`, at which what was read is a whole match. */
function longest(from: number, to: number, machine: Machine, text: string, step: 1 | -1): number {
  let state = machine.start;
  let found = from;
  for (let at = from; at !== to + step; at += step) {
    state = machine.step(state, text.charCodeAt(at));
    if (state.accepts) found = at;
    if (state.nodes.length === 0) break;
  }
  return found;
}

function reverse(node: PatternNode): PatternNode {
  switch (node.type) {
    case 'one':
      return node;
    case 'repeat':
      return { ...node, item: reverse(node.item) };
    case 'either':
      return { ...node, items: node.items.map(reverse) };
    case 'sequence':
      return { ...node, items: node.items.map(reverse).reverse() };
  }
}

interface State {
  /** The places in the pattern where a match may be. */
  readonly nodes: readonly number[];
  readonly accepts: boolean;
  readonly next: Map<number, State>;
}

interface Machine {
  readonly start: State;
  step(state: State, code: number): State;
}

/** A place of the pattern: reads one character, goes on without one, or is the end. */
type Place =
  | { readonly reads: RegExp; readonly known: Map<number, boolean>; readonly to: number }
  | { readonly reads: undefined; readonly to: readonly number[] };

const END = 0;

function createMachine(node: PatternNode, anywhere: boolean): Machine {
  const places: Place[] = [{ reads: undefined, to: [] }];
  const add = (place: Place): number => places.push(place) - 1;
  const first = compile(node, END, add, places);

  let states = new Map<string, State>();
  const stateOf = (seeds: readonly number[]): State => {
    const reached = new Set<number>();
    const stack = [...seeds];
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (reached.has(place)) continue;
      reached.add(place);
      const found = places[place];
      if (found?.reads === undefined) stack.push(...(found?.to ?? []));
    }
    const nodes = [...reached]
      .filter((place) => place === END || places[place]?.reads !== undefined)
      .sort((a, b) => a - b);
    const key = nodes.join();
    const known = states.get(key);
    if (known !== undefined) return known;
    if (states.size >= MOST_REMEMBERED) states = new Map();
    const state = { nodes, accepts: reached.has(END), next: new Map<number, State>() };
    states.set(key, state);
    return state;
  };
  const start = stateOf([first]);

  return {
    start,
    step(state, code) {
      const known = state.next.get(code);
      if (known !== undefined) return known;
      const targets: number[] = anywhere ? [first] : [];
      for (const index of state.nodes) {
        const place = places[index];
        if (place?.reads !== undefined && reads(place, code)) targets.push(place.to);
      }
      const next = stateOf(targets);
      if (state.next.size >= MOST_REMEMBERED) state.next.clear();
      state.next.set(code, next);
      return next;
    },
  };
}

function reads(place: Extract<Place, { readonly reads: RegExp }>, code: number): boolean {
  let known = place.known.get(code);
  if (known === undefined) {
    known = place.reads.test(String.fromCharCode(code));
    if (place.known.size >= MOST_REMEMBERED) place.known.clear();
    place.known.set(code, known);
  }
  return known;
}

/** Adds the places of the node in front of `to`, and returns the first. */
function compile(node: PatternNode, to: number, add: (place: Place) => number, places: Place[]): number {
  switch (node.type) {
    case 'one':
      return add({ reads: new RegExp(`^${node.source}$`, 'u'), known: new Map(), to });
    case 'sequence':
      return node.items.reduceRight((next, item) => compile(item, next, add, places), to);
    case 'either':
      return add({ reads: undefined, to: node.items.map((item) => compile(item, to, add, places)) });
    case 'repeat': {
      let next = to;
      if (node.most === Number.POSITIVE_INFINITY) {
        const loop = add({ reads: undefined, to: [] });
        const body = compile(node.item, loop, add, places);
        places[loop] = { reads: undefined, to: [body, to] };
        next = loop;
      } else {
        for (let copy = node.least; copy < node.most; copy += 1) {
          next = add({ reads: undefined, to: [compile(node.item, next, add, places), to] });
        }
      }
      for (let copy = 0; copy < node.least; copy += 1) next = compile(node.item, next, add, places);
      return next;
    }
  }
}
