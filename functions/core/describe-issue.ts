/** zod/mini comes without a language (its English one is 4 kB): the few sentences that requests and configurations need. */
import type * as z from 'zod/mini';

/** Completes the sentence that begins with the path: `must be a string, but is a number`. */
export function describeIssue(issue: z.core.$ZodIssue, root: unknown): string {
  const found = kindOf(valueAt(root, issue.path));
  switch (issue.code) {
    case 'invalid_type':
      return found === 'nothing'
        ? 'is missing'
        : `must be ${EXPECTED[issue.expected] ?? issue.expected}, but is ${found}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `must not be ${Number(issue.minimum) === 1 ? 'empty' : `shorter than ${issue.minimum}`}`
        : `must be at least ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'string') return `must not be longer than ${issue.maximum} characters`;
      if (issue.origin === 'object') return `must not have more than ${issue.maximum} entries`;
      return issue.origin === 'array' ? `must not be longer than ${issue.maximum}` : `must be at most ${issue.maximum}`;
    case 'unrecognized_keys':
      return `has the unknown ${issue.keys.length === 1 ? 'field' : 'fields'} ${issue.keys.join(', ')}`;
    case 'invalid_key':
      return `has the name "${String(issue.path.at(-1))}", which is not ${issue.issues[0]?.message ?? 'valid'}`;
    // A schema that is a choice or a check of its own carries its sentence as `error`.
    default:
      return issue.message === 'Invalid input' ? `is not valid: it is ${found}` : issue.message;
  }
}

const EXPECTED: { readonly [type: string]: string } = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction';
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    root,
  );
}
