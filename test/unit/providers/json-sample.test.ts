import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import type { JsonObject } from '../../../functions/core/json.ts';
import { sampleJson } from '../../../local/providers/json-sample.ts';
import { createRandom } from '../../../local/providers/seed.ts';

const SCHEMAS: { readonly [name: string]: JsonObject } = {
  'required and optional fields': {
    type: 'object',
    properties: {
      city: { type: 'string', minLength: 3, maxLength: 40 },
      days: { type: 'integer', minimum: 1, maximum: 14 },
      unit: { enum: ['celsius', 'fahrenheit'] },
      exact: { type: 'boolean' },
    },
    required: ['city', 'days'],
    additionalProperties: false,
  },
  'bounds of numbers': {
    type: 'object',
    properties: {
      above: { type: 'number', exclusiveMinimum: 5, maximum: 5.5 },
      below: { type: 'integer', exclusiveMaximum: -3 },
      step: { type: 'integer', multipleOf: 7, minimum: 20, maximum: 30 },
    },
    required: ['above', 'below', 'step'],
  },
  'arrays and nesting': {
    type: 'object',
    properties: {
      rows: {
        type: 'array',
        minItems: 2,
        maxItems: 4,
        items: {
          type: 'object',
          properties: { id: { type: 'string', format: 'uuid' }, on: { type: 'string', format: 'date' } },
          required: ['id', 'on'],
        },
      },
    },
    required: ['rows'],
  },
  'alternatives and null': {
    type: 'object',
    properties: {
      price: { anyOf: [{ type: 'number' }, { type: 'null' }] },
      kind: { const: 'toll' },
      note: { type: ['string', 'null'] },
    },
    required: ['price', 'kind', 'note'],
  },
  'a recursive definition': {
    $defs: {
      node: {
        type: 'object',
        properties: { name: { type: 'string' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
        required: ['name', 'next'],
      },
    },
    $ref: '#/$defs/node',
  },
  'parts that add up': {
    allOf: [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { type: 'object', properties: { b: { type: 'integer' } }, required: ['b'] },
    ],
  },
};

test.each(Object.entries(SCHEMAS))('a sample fits its schema: %s', (_, schema) => {
  const checker = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  fc.assert(
    fc.property(fc.string(), (seed) => {
      const value = sampleJson(schema, createRandom(seed));
      expect(checker.safeParse(value).error).toBeUndefined();
      expect(sampleJson(schema, createRandom(seed))).toEqual(value);
    }),
    { numRuns: 50 },
  );
});

test('required and optional fields: optional ones are left out now and then', () => {
  const fields = Array.from({ length: 40 }, (_, index) =>
    Object.keys(sampleJson(SCHEMAS['required and optional fields'] ?? {}, createRandom(`${index}`)) ?? {}),
  );
  expect(fields.some((names) => names.includes('unit'))).toBe(true);
  expect(fields.some((names) => !names.includes('unit'))).toBe(true);
});
