import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { listOf, recordOf } from '../../../functions/core/first-fault.ts';
import { type Path, parseRequest } from '../../../functions/core/parse.ts';
import { jsonObject } from '../../../functions/core/request-fields.ts';
import { errorOf } from '../../support/error-of.ts';

const refusal = (schema: z.ZodMiniType, value: unknown, at?: Path) => errorOf(() => parseRequest(schema, value, at));

/** A list that tells how many of its elements were looked at. */
function watched(length: number, element: unknown) {
  let reads = 0;
  const list = new Proxy(new Array(length).fill(element), {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
      return Reflect.get(target, key, receiver);
    },
  });
  return { list, reads: () => reads };
}

describe('listOf', () => {
  const texts = listOf(z.string());

  it('gives the list as it came', () => {
    const list = ['a', 'b'];
    expect(parseRequest(texts, list)).toBe(list);
    expect(parseRequest(texts, [])).toEqual([]);
  });

  it.each<[unknown, string, string]>([
    [['a', 1], 'stop[1]', 'stop[1] must be a string, but is a number.'],
    [['a', null], 'stop[1]', 'stop[1] must be a string, but is null.'],
    ['a', 'stop', 'stop must be a list, but is a string.'],
    [{}, 'stop', 'stop must be a list, but is an object.'],
    [undefined, 'stop', 'stop is missing.'],
  ])('%j', (value, param, message) => {
    expect(refusal(z.object({ stop: texts }), { stop: value })).toMatchObject({ status: 400, param, message });
  });

  it('names the place inside of an element', () => {
    const deep = listOf(z.object({ text: z.string().check(z.minLength(1)) }));
    expect(refusal(deep, [{ text: 'a' }, { text: '' }], ['input', 3])).toMatchObject({
      param: 'input[3][1].text',
      message: 'input[3][1].text must not be empty.',
    });
  });

  it('names the element where the list is one of several shapes', () => {
    const either = z.nullish(z.union([z.string(), listOf(jsonObject)], 'must be a string or a list of parts'));
    expect(refusal(z.object({ content: either }), { content: [{}, 1] }).param).toBe('content[1]');
    expect(refusal(z.object({ content: either }), { content: 1 }).message).toBe(
      'content must be a string or a list of parts.',
    );
  });

  it('stops at the first element that is wrong', () => {
    const { list, reads } = watched(500_000, 1);
    expect(refusal(texts, list).param).toBe('[0]');
    // Once to hold it against the schema, once to say what it is.
    expect(reads()).toBeLessThanOrEqual(2);
  });

  it('does not look into a list that is too long', () => {
    const { list, reads } = watched(11, 'a');
    expect(refusal(listOf(z.string(), 10), list).message).toMatch(/must not be longer than 10\.$/);
    expect(reads()).toBe(0);
    expect(parseRequest(listOf(z.string(), 10), new Array(10).fill('a'))).toHaveLength(10);
  });
});

describe('recordOf', () => {
  const numbers = z.object({ bias: recordOf(z.number(), 3) });

  it('gives the record as it came', () => {
    const bias = { 1: 2, '3': 4 };
    expect(parseRequest(numbers, { bias }).bias).toBe(bias);
  });

  it.each<[unknown, string, string]>([
    [{ a: 1, b: 'x' }, 'bias.b', 'bias.b must be a number, but is a string.'],
    [[], 'bias', 'bias must be an object, but is a list.'],
    [undefined, 'bias', 'bias is missing.'],
    [{ a: 1, b: 1, c: 1, d: 1 }, 'bias', 'bias must not have more than 3 entries.'],
  ])('%j', (value, param, message) => {
    expect(refusal(numbers, { bias: value })).toMatchObject({ status: 400, param, message });
  });

  it('stops at the first value that is wrong', () => {
    let reads = 0;
    const names = Array.from({ length: 100_000 }, (_, index) => `k${index}`);
    const bias = new Proxy(Object.fromEntries(names.map((name) => [name, 'x'])), {
      get(target, key, receiver) {
        reads += 1;
        return Reflect.get(target, key, receiver);
      },
    });
    expect(refusal(z.object({ bias: recordOf(z.number()) }), { bias }).param).toBe('bias.k0');
    expect(reads).toBeLessThan(10);
  });
});

describe('parseRequest', () => {
  it('answers 400 where a schema that collects all issues fills the stack', () => {
    const list = new Array(1_000_000).fill(1);
    expect(refusal(z.object({ list: z.array(z.string()) }), { list }, ['body'])).toMatchObject({
      status: 400,
      param: 'body',
      message: 'body is wrong in too many places.',
    });
  });
});
