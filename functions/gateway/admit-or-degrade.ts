/**
 * What becomes of a request when the ledger does not answer, or holds an item that cannot be read: refused with 503, or
 * served without being metered, as `onLedgerFailure` says. Where it says nothing, only callers that are known to have
 * no budget are served: of the others nobody knows what they may still spend.
 */
import { GatewayError } from '../core/errors.ts';
import { type Admission, type AdmitInput, admit, giveBack, scopesOf } from './admit.ts';
import { UNLIMITED } from './cover-attempt.ts';
import { payable } from './payable.ts';

/** In the row of a request that no meter has counted: reconciliation with the request log puts the meters right. */
export const UNMETERED = 'unmetered';

export async function admitOrDegrade(input: AdmitInput): Promise<Admission> {
  try {
    return await withinDeadline(input);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind !== 'ledger-unavailable' || !isOpen(input)) throw error;
    const { gateway, demand, plan, setup, trace } = input;
    gateway.report('error', 'A request is served without being metered.', {
      requestId: trace.requestId,
      reason: error.message,
    });
    trace.flags.push(UNMETERED);
    return {
      targets: payable({ model: demand.model, hasBudget: false, terms: [] }, plan, setup, trace).targets,
      outputCap: undefined,
      cover: UNLIMITED,
    };
  }
}

function isOpen({ gateway, setup, caller }: AdmitInput): boolean {
  const { onLedgerFailure } = setup.config;
  if (onLedgerFailure !== undefined) return onLedgerFailure === 'open';
  return gateway.ledger.hasBudget(scopesOf(caller)) === false;
}

/** A ledger that is slow, and not dead, must not take the request past its deadline. */
async function withinDeadline(input: AdmitInput): Promise<Admission> {
  const { gateway, deadlineMs } = input;
  const admission = admit(input);
  const stop = new AbortController();
  const leftMs = Math.max(0, deadlineMs - gateway.clock.now());
  const late = gateway.wait(leftMs, stop.signal).then(() => {
    // What comes of it is nobody's any more. Where this process does not get to it, upkeep does.
    admission.then(() => giveBack(input)).catch(() => undefined);
    throw new GatewayError('deadline', 'The ledger did not answer within the time that the request has.');
  });
  try {
    return await Promise.race([admission, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}
