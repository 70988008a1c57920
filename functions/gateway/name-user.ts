/**
 * Who asks, where an application speaks for people whom only it knows. A key may be allowed to say so; from any other,
 * identity comes from the key alone, and what a request says of its user means nothing here.
 */
import type { ClientDialect } from '../core/chat.ts';
import { GatewayError } from '../core/errors.ts';
import type { Caller } from '../core/ports.ts';
import { nameProblem } from '../ledger/scopes.ts';

const HEADER = 'x-tollgate-user';

/** What clients call it. */
const FIELDS: { readonly [D in ClientDialect]: string } = {
  'openai-chat': 'user',
  'openai-responses': 'safety_identifier',
  'anthropic-messages': 'metadata.user_id',
  gemini: HEADER,
};

export interface NamedUser {
  readonly headers: { readonly [name: string]: string };
  readonly dialect: ClientDialect;
  /** As the request's body names them. The header goes before it. */
  readonly endUser: string | undefined;
}

/** Throws `invalid-request` where the name cannot be a scope. */
export function nameUser(caller: Caller, { headers, dialect, endUser }: NamedUser): Caller {
  if (caller.mayNameUser !== true) return caller;
  const header = headers[HEADER];
  const user = header ?? endUser;
  if (user === undefined) return caller;
  const problem = nameProblem(user);
  if (problem !== undefined) {
    const param = header === undefined ? FIELDS[dialect] : HEADER;
    throw new GatewayError('invalid-request', `The user's name in ${param} ${problem}.`, { param });
  }
  return { ...caller, user };
}
