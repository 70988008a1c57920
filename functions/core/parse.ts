/** What a client sent, held against a schema: the first thing that is wrong becomes a 400 that names its place. */
import * as z from 'zod/mini';
import { formatPath } from './config.ts';
import { describeIssue } from './describe-issue.ts';
import { GatewayError } from './errors.ts';

export type Path = readonly PropertyKey[];

/** Throws `invalid-request` with the path of the first problem. `at` is where the value lies in the body. */
export function parseRequest<S extends z.ZodMiniType>(schema: S, value: unknown, at: Path = []): z.output<S> {
  const result = safeParse(schema, value, at);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  if (first === undefined) throw invalidRequest(at, 'is not valid');
  const issue = deepest(first);
  throw invalidRequest([...at, ...issue.path], describeIssue(issue, value));
}

function safeParse<S extends z.ZodMiniType>(schema: S, value: unknown, at: Path) {
  try {
    return z.safeParse(schema, value);
  } catch (cause) {
    // zod adds up issues as arguments of one call: with some 100,000 of them the stack is full.
    if (cause instanceof RangeError) throw invalidRequest(at, 'is wrong in too many places', { cause });
    throw cause;
  }
}

/** Of a choice of shapes, the one that fits further in tells what is wrong: `stop[1]`, not `stop`. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().find((one) => one.path.length > 0) : undefined;
  return inner === undefined ? issue : deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

/** `problem` completes the sentence that begins with the path: `must be a string, but is a number`. */
export function invalidRequest(path: Path, problem: string, options: { readonly cause?: unknown } = {}): GatewayError {
  const param = cut(formatPath(path));
  return new GatewayError('invalid-request', `${param === '' ? 'The request body' : param} ${cut(problem)}.`, {
    ...options,
    ...(param === '' ? {} : { param }),
  });
}

/** Both repeat what the client sent, which may be a name of a megabyte, and both go into the answer and the row. */
function cut(text: string): string {
  return text.length <= 512 ? text : `${text.slice(0, 512)}…`;
}
