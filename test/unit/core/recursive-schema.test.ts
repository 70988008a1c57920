import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../functions/core/json.ts';
import { findCycle, isRecursive, resolveReference } from '../../../functions/core/recursive-schema.ts';

const ref = (place: string) => ({ $ref: place });

describe('isRecursive', () => {
  it.each<[string, JsonObject]>([
    ['no reference', { type: 'object', properties: { a: { type: 'string' } } }],
    ['one definition, used twice', { anyOf: [ref('#/$defs/a'), ref('#/$defs/a')], $defs: { a: { type: 'string' } } }],
    ['a chain', { items: ref('#/$defs/a'), $defs: { a: ref('#/$defs/b'), b: { type: 'string' } } }],
    ['a circle that nothing leads to', { type: 'string', $defs: { a: ref('#/$defs/a') } }],
    ['a reference to nowhere', ref('#/$defs/nowhere')],
    ['a reference elsewhere', ref('https://example.com/#/x')],
    ['a name out of the prototype', ref('#/constructor/prototype')],
    ['a property called $ref', { properties: { $ref: { type: 'string' } } }],
  ])('%s is not', (_, schema) => {
    expect(isRecursive(schema)).toBe(false);
  });

  it.each<[string, JsonObject]>([
    ['the whole in itself', { properties: { next: ref('#') } }],
    ['a definition in itself', { items: ref('#/$defs/a'), $defs: { a: { items: ref('#/$defs/a') } } }],
    [
      'two in each other',
      { items: ref('#/$defs/a'), $defs: { a: { anyOf: [ref('#/$defs/b')] }, b: ref('#/$defs/a') } },
    ],
    ['a property in itself', { properties: { a: { items: ref('#/properties/a') } } }],
    [
      'a part that leads to its owner',
      { items: ref('#/$defs/a/properties/x'), $defs: { a: { properties: { x: ref('#/$defs/a') } } } },
    ],
    ['an escaped name', { items: ref('#/$defs/a~1b~0'), $defs: { 'a/b~': { items: ref('#/$defs/a~1b~0') } } }],
    ['a property called definitions', { properties: { definitions: { items: ref('#') } } }],
  ])('%s is', (_, schema) => {
    expect(isRecursive(schema)).toBe(true);
  });

  it('follows chains that are longer than the stack is deep', () => {
    const links = Array.from({ length: 200_000 }, (_, index) => [`k${index}`, ref(`#/$defs/k${index + 1}`)]);
    const chain = { items: ref('#/$defs/k0'), $defs: Object.fromEntries(links) };
    expect(isRecursive(chain)).toBe(false);
    expect(isRecursive({ ...chain, $defs: { ...chain.$defs, k200000: ref('#/$defs/k0') } })).toBe(true);
  });

  it('looks at each schema once, however many references lead to it', () => {
    let visits = 0;
    const target = new Proxy(
      { type: 'string' },
      {
        ownKeys(schema) {
          visits += 1;
          return Reflect.ownKeys(schema);
        },
      },
    );
    // What stands before the first slash leads nowhere: all of these are one place.
    const anyOf = Array.from({ length: 1_000 }, (_, index) => ref(`#${index}/$defs/a`));
    expect(isRecursive({ anyOf, $defs: { a: target } })).toBe(false);
    expect(visits).toBeLessThan(5);
  });
});

describe('findCycle', () => {
  const optional =
    ({ required }: JsonObject) =>
    (property: string) =>
      !Array.isArray(required) || !required.includes(property);

  it('names the reference that closes the circle, where nothing breaks it', () => {
    const schema = {
      properties: { a: ref('#/$defs/a') },
      $defs: { a: { properties: { b: ref('#/$defs/a') }, required: ['b'] } },
    };
    expect(findCycle(schema, optional)).toBe('#/$defs/a');
    const broken = { ...schema, $defs: { a: { properties: { b: ref('#/$defs/a') } } } };
    expect(findCycle(broken, optional)).toBeUndefined();
    expect(findCycle(broken)).toBe('#/$defs/a');
  });
});

describe('resolveReference', () => {
  it('gives up where nothing is, however long the rest', () => {
    expect(resolveReference({ a: { b: 1 } }, '#/a/b')).toBe(1);
    expect(resolveReference({ a: 1 }, '#')).toEqual({ a: 1 });
    expect(resolveReference({ a: 1 }, `#/a${'/a'.repeat(1_000_000)}`)).toBeUndefined();
    expect(resolveReference({ a: [1] }, '#/a/0')).toBeUndefined();
    expect(resolveReference({}, '#/toString')).toBeUndefined();
  });
});
