import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** Whether a `$ref` leads back to a schema that it is part of. */
export function isRecursive(root: JsonObject): boolean {
  return findCycle(root) !== undefined;
}

type Breaks = (schema: JsonObject) => (property: string) => boolean;
type Edge = readonly [target: object, reference: string];

/**
 * The `$ref` that closes a circle. `breaks` tells the properties at which a circle does no harm. Each schema is walked
 * once, and without recursion: a chain of 100,000 references fits into a request, but not onto the stack.
 */
export function findCycle(root: JsonObject, breaks: Breaks = () => () => false): string | undefined {
  if (!hasReferences(root)) return undefined;
  const starts: object[] = [root];
  const finished = new Set<object>();
  for (let start = starts.pop(); start !== undefined; start = starts.pop()) {
    if (finished.has(start)) continue;
    const open = new Set<object>([start]);
    const path = [{ node: start, reference: '', edges: edgesOf(start, root, breaks, starts) }];
    for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
      const edge = here.edges.pop();
      if (edge === undefined) {
        path.pop();
        open.delete(here.node);
        finished.add(here.node);
        continue;
      }
      const [node, reference] = edge;
      // A schema is part of no other one twice: without a reference there is no circle.
      if (open.has(node)) return reference || path.findLast((step) => step.reference !== '')?.reference;
      if (finished.has(node)) continue;
      open.add(node);
      path.push({ node, reference, edges: edgesOf(node, root, breaks, starts) });
    }
  }
  return undefined;
}

/** Most schemas refer to nothing, and are spared all else. */
export function hasReferences(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasReferences);
  return '$ref' in value || Object.values(value).some(hasReferences);
}

/** Where a walk goes on. What a circle would break at is put aside as the start of a walk of its own. */
function edgesOf(node: object, root: JsonObject, breaks: Breaks, starts: object[]): Edge[] {
  const edges: Edge[] = [];
  const add = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) edges.push([value, '']);
  };
  if (!isJsonObject(node)) {
    for (const item of Object.values(node)) add(item);
    return edges;
  }
  for (const [keyword, value] of Object.entries(node)) {
    // Definitions count where they are used.
    if (keyword === '$defs' || keyword === 'definitions') continue;
    if (keyword === '$ref' && typeof value === 'string' && value.startsWith('#')) {
      const target = resolveReference(root, value);
      if (typeof target === 'object' && target !== null) edges.push([target, value]);
    } else if (keyword === 'properties' && isJsonObject(value)) {
      const harmless = breaks(node);
      for (const [property, schema] of Object.entries(value)) {
        if (!harmless(property)) add(schema);
        else if (typeof schema === 'object' && schema !== null) starts.push(schema);
      }
    } else add(value);
  }
  return edges;
}

/** What a local `$ref` stands for. */
export function resolveReference(root: JsonObject, reference: string): Json | undefined {
  let value: Json | undefined = root;
  let start = reference.indexOf('/') + 1;
  // Not split: a reference of a megabyte has half a million steps, and leads nowhere after a few.
  while (start > 0) {
    const end = reference.indexOf('/', start);
    const step = reference.slice(start, end === -1 ? undefined : end);
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
    start = end + 1;
  }
  return value;
}
