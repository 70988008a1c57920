/**
 * An answer that is being put together from the pieces of its stream. Text is appended, lists are continued, objects are
 * merged, and everything else is replaced: so fields that nobody here knows are put together as their neighbours are.
 * In place, because a copy for each of ten thousand pieces would be quadratic.
 */
import type { Frame } from './codec.ts';

export type Draft = string | number | boolean | null | Draft[] | DraftObject;
export interface DraftObject {
  [field: string]: Draft | undefined;
}

/** Texts that are names and no pieces: some servers repeat them in every chunk. */
const NAMES: ReadonlySet<string> = new Set(['id', 'type', 'role', 'name', 'format', 'status']);

/** A frame's object, and nothing where there is none: what is wrong with it is the decoder's to say. */
export function readDraft(frame: Frame): DraftObject | undefined {
  if (!frame.data.trimStart().startsWith('{')) return undefined;
  const value = JSON.parse(frame.data) as Draft;
  return isDraftObject(value) ? value : undefined;
}

export function isDraftObject(value: Draft | undefined): value is DraftObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function draftList(value: Draft | undefined): Draft[] {
  return Array.isArray(value) ? value : [];
}

interface NumberedDrafts {
  /** Gives each piece with the draft that it belongs to: that of its number, or else of its place. */
  forEach(pieces: Draft | undefined, add: (draft: DraftObject, piece: DraftObject) => void): void;
  inOrder(): readonly DraftObject[];
}

/** What a stream tells side by side: choices, candidates. */
export function createNumberedDrafts(begin: (index: number) => DraftObject): NumberedDrafts {
  const drafts = new Map<number, DraftObject>();
  return {
    forEach(pieces, add) {
      for (const [position, piece] of draftList(pieces).entries()) {
        if (!isDraftObject(piece)) continue;
        const index = typeof piece.index === 'number' ? piece.index : position;
        const draft = drafts.get(index) ?? begin(index);
        drafts.set(index, draft);
        add(draft, piece);
      }
    },
    inOrder: () => [...drafts].sort(([a], [b]) => a - b).map(([, draft]) => draft),
  };
}

/** Consumes the piece: parts of it become parts of the draft. */
export function mergePiece(draft: DraftObject, piece: DraftObject): void {
  for (const [field, value] of Object.entries(piece)) draft[field] = merged(field, draft[field], value);
}

function merged(field: string, known: Draft | undefined, value: Draft | undefined): Draft | undefined {
  if (known === undefined || known === null) return value;
  if (value === undefined || value === null) return known;
  if (typeof known === 'string' && typeof value === 'string') {
    return NAMES.has(field) ? value || known : known + value;
  }
  if (Array.isArray(known) && Array.isArray(value)) {
    for (const entry of value) addEntry(known, entry);
    return known;
  }
  if (!isDraftObject(known) || !isDraftObject(value)) return value;
  mergePiece(known, value);
  return known;
}

/** Entries that are numbered belong to the one of their number and type. */
function addEntry(list: Draft[], entry: Draft): void {
  const isPiece = isDraftObject(entry) && typeof entry.index === 'number';
  const known = isPiece ? list.findLast((other) => continues(other, entry)) : undefined;
  if (isPiece && isDraftObject(known)) mergePiece(known, entry);
  else list.push(entry);
}

/** Some servers give several calls one number: another id, with a name, is another call. */
function continues(known: Draft, piece: DraftObject): boolean {
  if (!isDraftObject(known) || known.index !== piece.index || known.type !== (piece.type ?? known.type)) return false;
  return !(typeof piece.id === 'string' && piece.id !== '' && known.id !== piece.id && isNamed(piece));
}

function isNamed({ function: call, custom }: DraftObject): boolean {
  return [call, custom].some((item) => isDraftObject(item) && typeof item.name === 'string' && item.name !== '');
}
