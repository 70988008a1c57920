/**
 * Lists and records of a request that are looked at until the first element that is wrong. `z.array` and `z.record` report
 * all of them: a megabyte of `[1,1,…]` where objects are due costs 280 ms, and from some 100,000 issues on it overflows
 * the stack. Elements are given as they came.
 */
import * as z from 'zod/mini';
import { isJsonObject } from './json.ts';

/** `most` bounds what has to be walked where no provider takes more. */
export function listOf<S extends z.ZodMiniType>(item: S, most = Number.POSITIVE_INFINITY) {
  return z.custom<readonly z.input<S>[]>().check((payload) => {
    const list: unknown = payload.value;
    if (!Array.isArray(list)) payload.issues.push({ code: 'invalid_type', expected: 'array', input: list });
    else if (list.length > most) {
      payload.issues.push({ code: 'too_big', origin: 'array', maximum: most, inclusive: true, input: list });
    } else addFirst(payload.issues, item, list, list.keys());
  });
}

export function recordOf<S extends z.ZodMiniType>(value: S, most = Number.POSITIVE_INFINITY) {
  return z.custom<{ readonly [name: string]: z.input<S> }>().check((payload) => {
    const record: unknown = payload.value;
    if (!isJsonObject(record)) {
      payload.issues.push({ code: 'invalid_type', expected: 'record', input: record });
      return;
    }
    const names = Object.keys(record);
    if (names.length > most) {
      payload.issues.push({ code: 'too_big', origin: 'object', maximum: most, inclusive: true, input: record });
    } else addFirst(payload.issues, value, record, names);
  });
}

function addFirst(
  issues: z.core.$ZodRawIssue[],
  schema: z.ZodMiniType,
  owner: object,
  steps: Iterable<PropertyKey>,
): void {
  const payload: z.core.ParsePayload = { value: undefined, issues: [] };
  for (const step of steps) {
    payload.value = Reflect.get(owner, step);
    const found = schema._zod.run(payload, { async: false });
    const [issue] = 'issues' in found ? found.issues : [];
    if (issue === undefined) continue;
    issues.push({ ...issue, path: [step, ...(issue.path ?? [])] });
    return;
  }
}
