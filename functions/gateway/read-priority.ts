import { GatewayError } from '../core/errors.ts';
import type { Caller } from '../core/ports.ts';
import { TOP_PRIORITY } from '../ledger/wait-plan.ts';

const HEADER = 'x-tollgate-priority';

/** 0, the default, to 9; as high as the key allows. Throws `invalid-request`. */
export function readPriority(headers: { readonly [name: string]: string }, { maxPriority = 0 }: Caller): number {
  const text = headers[HEADER]?.trim();
  if (text === undefined || text === '') return 0;
  const problem = !/^\d$/.test(text)
    ? `must be a whole number from 0 to ${TOP_PRIORITY}`
    : Number(text) > maxPriority
      ? `is ${text}; this key may ask for ${maxPriority} at most`
      : undefined;
  if (problem !== undefined)
    throw new GatewayError('invalid-request', `The header ${HEADER} ${problem}.`, { param: HEADER });
  return Number(text);
}
