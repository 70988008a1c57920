/** Which result answers which call. Ids are optional in this dialect: without them, name and order decide. */
import { invalidRequest } from '../../core/parse.ts';
import { type Fields, optionalText, requiredText } from './wire.ts';

export interface CallBook {
  called(id: string, name: string): void;
  /** The id of the call that a `functionResponse` answers. */
  answered(response: Fields): string;
}

export function createCallBook(): CallBook {
  /** Ids by name, in the order of the calls, without those that were answered. */
  const open = new Map<string, Set<string>>();
  const names = new Map<string, string>();
  return {
    called(id, name) {
      names.set(id, name);
      const ids = open.get(name) ?? new Set();
      open.set(name, ids.add(id));
    },
    answered(response) {
      const name = response.read('name', optionalText) ?? '';
      const id = response.read('id', optionalText) || undefined;
      const called = id === undefined ? undefined : names.get(id);
      if (id !== undefined && called !== undefined) {
        open.get(called)?.delete(id);
        return id;
      }
      if (id === undefined) response.read('name', requiredText);
      const [first] = open.get(name) ?? [];
      if (first === undefined) {
        throw id === undefined
          ? invalidRequest(
              response.path('name'),
              `is "${name}", and no functionCall of that name is unanswered before it`,
            )
          : invalidRequest(response.path('id'), `is "${id}", which is the id of no functionCall before it`);
      }
      open.get(name)?.delete(first);
      return first;
    },
  };
}
