import { describe, expect, it } from 'vitest';
import { grammarSchema } from '../../../functions/core/grammar-schema.ts';
import type { JsonObject } from '../../../functions/core/json.ts';
import { strictSchema } from '../../../functions/core/object-schema.ts';
import { findSchemaProblem } from '../../../local/providers/anthropic/find-schema-problem.ts';

const PATH = 'response_format.json_schema.schema';
const convert = (schema: JsonObject) => grammarSchema(schema, PATH);
const closed = (properties: JsonObject, more: JsonObject = {}) => ({
  type: 'object',
  properties,
  ...more,
  additionalProperties: false,
});

describe('grammarSchema', () => {
  it('leaves what is fine as it is', () => {
    const schema = closed(
      {
        a: { type: ['string', 'null'], description: 'd', enum: ['x', null], title: 'A', default: 'x' },
        b: { type: 'array', items: closed({ c: { const: 1 } }), minItems: 1 },
        d: { anyOf: [{ type: 'string', format: 'date-time' }, { $ref: '#/$defs/e' }] },
        f: { type: 'string', pattern: '^[a-z]{2,5}$' },
      },
      { required: ['a'], $defs: { e: { type: 'integer' } } },
    );
    expect(convert(schema)).toBe(schema);
  });

  it('closes objects at every depth', () => {
    const open = (more: JsonObject = {}) => ({ type: 'object', properties: { x: { type: 'string' } }, ...more });
    const shut = closed({ x: { type: 'string' } });
    expect(
      convert({
        type: 'object',
        properties: {
          a: open(),
          b: { type: 'array', items: open({ additionalProperties: true }) },
          c: { $ref: '#/$defs/d' },
        },
        anyOf: [open()],
        $defs: { d: open({ type: ['object', 'null'] }) },
        definitions: { e: { properties: { x: { type: 'string' } } } },
      }),
    ).toEqual({
      type: 'object',
      properties: { a: shut, b: { type: 'array', items: shut }, c: { $ref: '#/$defs/d' } },
      anyOf: [shut],
      $defs: { d: { ...shut, type: ['object', 'null'] } },
      definitions: { e: shut },
      additionalProperties: false,
    });
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'bounds',
      { type: 'integer', minimum: 1, exclusiveMaximum: 9 },
      { type: 'integer', description: '{"minimum":1,"exclusiveMaximum":9}' },
    ],
    [
      'lengths, behind what is said already',
      { type: 'string', description: 'A name', maxLength: 5 },
      { type: 'string', description: 'A name\n\n{"maxLength":5}' },
    ],
    [
      'counts',
      { type: 'array', items: {}, minItems: 2, uniqueItems: true },
      { type: 'array', items: {}, description: '{"minItems":2,"uniqueItems":true}' },
    ],
    [
      'formats that are not known',
      { type: 'string', format: 'iri' },
      { type: 'string', description: '{"format":"iri"}' },
    ],
    [
      'patterns that look around',
      { type: 'string', pattern: '^(?=a)b' },
      { type: 'string', description: '{"pattern":"^(?=a)b"}' },
    ],
    ['values that are objects', { enum: [{ a: 1 }] }, { description: '{"enum":[{"a":1}]}' }],
    ['words of tomorrow', { type: 'string', someday: true }, { type: 'string', description: '{"someday":true}' }],
    ['the dialect, in silence', { $schema: 'https://json-schema.org/x', type: 'string' }, { type: 'string' }],
    [
      'a choice of exactly one',
      { oneOf: [{ type: 'string' }, { type: 'null' }] },
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
    ],
    [
      'two choices',
      { anyOf: [{ type: 'string' }], oneOf: [{ type: 'null' }] },
      { anyOf: [{ type: 'string' }], description: '{"oneOf":[{"type":"null"}]}' },
    ],
    [
      'what stands beside a reference',
      { $ref: '#/$defs/a', description: 'd' },
      { description: 'd', anyOf: [{ $ref: '#/$defs/a' }] },
    ],
    ['the type of a composed object', { type: 'object', anyOf: [closed({})] }, { anyOf: [closed({})] }],
  ])('tells in other words: %s', (_, schema, expected) => {
    expect(convert(schema)).toEqual(expected);
  });

  it('reads no keyword in the names of properties', () => {
    const schema = closed({ minimum: { type: 'string' }, oneOf: { type: 'string' }, $ref: { type: 'string' } });
    expect(convert(schema)).toBe(schema);
  });

  it.each<[string, JsonObject, string]>([
    [
      'a map',
      { type: 'object', properties: { m: { type: 'object', additionalProperties: { type: 'string' } } } },
      `${PATH}.properties.m`,
    ],
    ['an object of anything', { type: 'array', items: { type: 'object' } }, `${PATH}.items`],
    ['a recursion', { type: 'object', properties: { next: { $ref: '#' } } }, PATH],
  ])('refuses %s, and says where', (_, schema, param) => {
    expect(() => convert(schema)).toThrow(
      expect.objectContaining({ kind: 'unsupported-parameter', status: 400, param }),
    );
  });

  it('gives what the API takes', () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 40, pattern: '\\bx' },
        age: { type: 'integer', minimum: 0, maximum: 150 },
        tags: { type: 'array', items: { type: 'string' }, minItems: 3, maxItems: 9 },
        place: { allOf: [{ type: 'object', properties: { zip: { type: 'string' } } }] },
      },
      required: ['name'],
    };
    expect(findSchemaProblem(schema)).toBeDefined();
    expect(findSchemaProblem(convert(schema))).toBeUndefined();
  });
});

describe('strictSchema', () => {
  it('is closed and empty for a tool that says nothing', () => {
    expect(strictSchema({}, 'p')).toEqual(closed({}));
    expect(strictSchema({ type: 'object' }, 'p')).toEqual(closed({}));
  });
});
