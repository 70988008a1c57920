/** Breaks JSON as a careless client, a proxy or a new version of an API does: in one place, which may be any. */
import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../functions/core/json.ts';

export interface Mutation {
  /** Which of the values in the tree, counted round and round. */
  readonly at: number;
  readonly kind: 'replace' | 'remove' | 'rename' | 'repeat' | 'splice';
  readonly value: Json;
}

type Path = readonly string[];

const deep = (levels: number): Json => (levels === 0 ? 'x' : { items: [deep(levels - 1)] });

const VALUES: readonly Json[] = [
  ...[null, true, 0, -1, 1.5, 1e308, '', 'x', '{"a":', '\ud800', 'data:image/png;base64,AAAA'],
  ...[[], [null], [[]], {}, { type: 'x' }, { $ref: '#' }, deep(200)],
  JSON.parse('{"__proto__": {"toString": 1}, "constructor": null}'),
];

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'rename', 'repeat', 'splice'),
  value: fc.oneof(
    { arbitrary: fc.constantFrom(...VALUES), weight: 3 },
    fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
  ),
});

type Change = (old: Json) => readonly (readonly [suffix: string, value: Json])[];

/** A copy with the mutations made one after the other. */
export function mutate(tree: Json, mutations: readonly Mutation[]): Json {
  let now = tree;
  for (const { at, kind, value } of mutations) {
    const places = placesIn(now);
    const place = places[at % Math.max(1, places.length)];
    if (place === undefined) continue;
    const other = read(now, places[(at * 7 + 1) % places.length] ?? place);
    const changes: { readonly [K in Mutation['kind']]: Change } = {
      replace: () => [['', value]],
      remove: () => [],
      rename: (old) => [['_x', old]],
      repeat: (old) => [
        ['', old],
        ['_again', old],
      ],
      splice: () => [['', other]],
    };
    now = edit(now, place, changes[kind]);
  }
  return now;
}

/** All through, so that whoever changes it is found out: modules are strict, where a write to it throws. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}

function placesIn(tree: Json, path: Path = []): readonly Path[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => [
    [...path, key],
    ...placesIn((value as Json | undefined) ?? null, [...path, key]),
  ]);
}

function read(tree: Json, path: Path): Json {
  return path.reduce<Json>(
    (now, key) => (isJsonObject(now) ? now[key] : Array.isArray(now) ? now[Number(key)] : null) ?? null,
    tree,
  );
}

/** What stands at the place becomes these values: under its own name, or one with this behind it. */
function edit(tree: Json, [key = '', ...rest]: Path, change: Change): Json {
  const changed = (name: string, old: Json): readonly (readonly [string, Json])[] => {
    if (name !== key) return [[name, old]];
    if (rest.length > 0) return [[name, edit(old, rest, change)]];
    return change(old).map(([suffix, value]) => [`${name}${suffix}`, value]);
  };
  if (Array.isArray(tree))
    return tree.flatMap((old: Json, index) => changed(String(index), old).map(([, value]) => value));
  return Object.fromEntries(Object.entries(tree as JsonObject).flatMap(([name, old]) => changed(name, old ?? null)));
}
