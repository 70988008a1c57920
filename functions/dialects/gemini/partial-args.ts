/**
 * Arguments that Vertex streams in pieces, each with the path of the value that it belongs to (`streamFunctionCallArguments`).
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling
 */
import { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { readList, readObject, readText } from '../../core/read.ts';

type Node = { [key: string]: unknown } | unknown[];
type Key = string | number;

export interface PartialArgs {
  add(pieces: Json | undefined): void;
  value(): JsonObject;
}

/** Far more than a list of arguments has; a larger index would only make us fill the memory with holes. */
const MAX_INDEX = 10_000;

export function createPartialArgs(initial: JsonObject): PartialArgs {
  const root: Node = structuredClone(initial) as { [key: string]: unknown };
  /** Paths of texts that go on. */
  const open = new Set<string>();
  return {
    add(pieces) {
      for (const item of readList(pieces)) {
        const piece = readObject(item);
        const path = readText(piece.jsonPath);
        const value = readValue(piece);
        if (value === undefined) continue;
        set(root, parsePath(path), (before) =>
          open.has(path) && typeof before === 'string' && typeof value === 'string' ? before + value : value,
        );
        if (piece.willContinue === true) open.add(path);
        else open.delete(path);
      }
    },
    value: () => root as JsonObject,
  };
}

function readValue(piece: JsonObject): Json | undefined {
  const { stringValue, numberValue, boolValue } = piece;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof numberValue === 'number') return numberValue;
  if (typeof boolValue === 'boolean') return boolValue;
  return 'nullValue' in piece ? null : undefined;
}

/** `$.a.b[0]['c']`, of RFC 9535 only what names one value. */
function parsePath(path: string): readonly Key[] {
  const keys: Key[] = [];
  const pattern = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;
  pattern.lastIndex = path.startsWith('$') ? 1 : 0;
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path);
    if (match === null) throw malformed(path);
    const [, name, index, single, double] = match;
    if (index !== undefined && Number(index) > MAX_INDEX) throw malformed(path);
    keys.push(index === undefined ? (name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1')) : Number(index));
  }
  if (keys.length === 0) throw malformed(path);
  return keys;
}

function set(root: Node, keys: readonly Key[], change: (before: unknown) => Json): void {
  let node = root;
  keys.forEach((key, depth) => {
    const next = keys[depth + 1];
    if (next === undefined) {
      write(node, key, change(read(node, key)));
      return;
    }
    const inner = read(node, key);
    const child: Node = isNode(inner) ? inner : typeof next === 'number' ? [] : {};
    if (child !== inner) write(node, key, child);
    node = child;
  });
}

function read(node: Node, key: Key): unknown {
  return Object.hasOwn(node, key) ? Reflect.get(node, key) : undefined;
}

/** Defined, not assigned: an argument may be called `__proto__`. */
function write(node: Node, key: Key, value: unknown): void {
  Object.defineProperty(node, key, { value, writable: true, enumerable: true, configurable: true });
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function malformed(path: string): GatewayError {
  return new GatewayError(
    'upstream-malformed',
    `The provider sent an argument at "${path}", which is no path to a value.`,
  );
}
