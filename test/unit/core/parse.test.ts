import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { invalidRequest, parseRequest } from '../../../functions/core/parse.ts';
import { errorOf } from '../../support/error-of.ts';

const schema = z.object({
  name: z.string().check(z.minLength(2)),
  list: z.nullish(z.array(z.object({ count: z.int().check(z.gte(1), z.lte(9)) })).check(z.maxLength(2))),
  choice: z.optional(z.union([z.string(), z.array(z.enum(['a', 'b']))], 'must be a string or a list')),
});

const refusal = (value: unknown, at?: readonly PropertyKey[]) => errorOf(() => parseRequest(schema, value, at));

describe('parseRequest', () => {
  it('gives what the schema makes of the value', () => {
    expect(parseRequest(schema, { name: 'ab', other: 1 })).toEqual({ name: 'ab' });
  });

  it.each<[unknown, string | undefined, string]>([
    [{}, 'name', 'name is missing.'],
    [{ name: null }, 'name', 'name must be a string, but is null.'],
    [{ name: 'a' }, 'name', 'name must not be shorter than 2.'],
    [{ name: 'ab', list: {} }, 'list', 'list must be a list, but is an object.'],
    [
      { name: 'ab', list: [{ count: 1 }, { count: 1.5 }] },
      'list[1].count',
      'list[1].count must be a whole number, but is a fraction.',
    ],
    [{ name: 'ab', list: [{ count: 0 }] }, 'list[0].count', 'list[0].count must be at least 1.'],
    [{ name: 'ab', list: [{ count: 10 }] }, 'list[0].count', 'list[0].count must be at most 9.'],
    [{ name: 'ab', list: [1, 2, 3].map((count) => ({ count })) }, 'list', 'list must not be longer than 2.'],
    [{ name: 'ab', choice: true }, 'choice', 'choice must be a string or a list.'],
    [{ name: 'ab', choice: ['a', 'c'] }, 'choice[1]', 'choice[1] must be "a" or "b".'],
    [7, undefined, 'The request body must be an object, but is a number.'],
  ])('%j', (value, param, message) => {
    expect(refusal(value)).toMatchObject({ kind: 'invalid-request', status: 400, param, message });
  });

  it('repeats no more than the beginning of what the client sent', () => {
    const { param, message } = invalidRequest(['metadata', 'k'.repeat(1_000_000)], `is "${'x'.repeat(1_000_000)}"`);
    expect(param).toMatch(/^metadata\.k+…$/);
    expect(message.length).toBeLessThan(1_100);
  });

  it('says where the value lies', () => {
    expect(refusal({ name: 1 }, ['messages', 2]).param).toBe('messages[2].name');
  });
});
