/** The names of meters. */
import { GatewayError } from '../core/errors.ts';
import type { Scope } from '../core/ports.ts';
import { isTemplate } from './policy.ts';

export const SCOPE_KINDS = ['key', 'team', 'user', 'app', 'env', 'provider', 'shadow'] as const;

/**
 * What a scope may be called after its kind. No `#`, which parts the keys of the table, and nothing that a terminal or
 * the console would not show.
 */
const NAME = /^[^\s#\p{C}](?:[^#\p{C}]{0,126}[^\s#\p{C}])?$/u;

/** What is wrong with the name of a team, user, app or environment, or undefined. */
export function nameProblem(name: string): string | undefined {
  if (name === '*') return 'must not be "*", which stands for all that have no limits of their own';
  return NAME.test(name)
    ? undefined
    : 'must be 1 to 128 characters, without "#", control characters, or space at its ends';
}

/** Throws `invalid-request` where there is no such scope. */
export function checkScope(scope: string): Scope {
  if (scope === 'org' || isTemplate(scope)) return scope;
  const colon = scope.indexOf(':');
  const kind = scope.slice(0, Math.max(colon, 0));
  if (!SCOPE_KINDS.some((known) => known === kind)) {
    const known = SCOPE_KINDS.map((name) => `${name}:NAME`).join(', ');
    throw new GatewayError('invalid-request', `There is no scope "${scope}"; scopes are org, ${known}.`, {
      param: 'scope',
    });
  }
  const problem = nameProblem(scope.slice(colon + 1));
  if (problem !== undefined) {
    throw new GatewayError('invalid-request', `The name in the scope "${scope}" ${problem}.`, { param: 'scope' });
  }
  return scope;
}
