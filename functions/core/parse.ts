/** What a client sent, held against a schema: the first thing that is wrong becomes a 400 that names its place. */
import * as z from 'zod/mini';
import { formatPath } from './config.ts';
import { describeIssue } from './describe-issue.ts';
import { GatewayError } from './errors.ts';

export type Path = readonly PropertyKey[];

/** Throws `invalid-request` with the path of the first problem. `at` is where the value lies in the body. */
export function parseRequest<S extends z.ZodMiniType>(schema: S, value: unknown, at: Path = []): z.output<S> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalidRequest(
    [...at, ...(issue?.path ?? [])],
    issue === undefined ? 'is not valid' : describeIssue(issue, value),
  );
}

/** `problem` completes the sentence that begins with the path: `must be a string, but is a number`. */
export function invalidRequest(path: Path, problem: string, options: { readonly cause?: unknown } = {}): GatewayError {
  const param = formatPath(path);
  return new GatewayError('invalid-request', `${param === '' ? 'The request body' : param} ${problem}.`, {
    ...options,
    ...(param === '' ? {} : { param }),
  });
}
