import { toGatewayError } from '../core/errors.ts';
import { totalTokens } from '../core/usage.ts';
import { buildRow, totalsOf } from './build-row.ts';
import type { Gateway } from './gateway.ts';
import type { Trace } from './trace.ts';

/**
 * After the last byte, before the invocation ends: the meters get what was really used, the log its row. Never throws:
 * the client has its answer. What cannot be settled stays reserved until upkeep finds it, so that the ledger counts
 * more, never less.
 */
export async function finish(gateway: Gateway, trace: Trace): Promise<void> {
  trace.endedAtMs ??= gateway.clock.now();
  await Promise.all([settle(gateway, trace), gateway.log.write(buildRow(trace))]);
}

async function settle(gateway: Gateway, trace: Trace): Promise<void> {
  if (trace.reservation === undefined) return;
  const { usage, costNano } = totalsOf(trace.attempts);
  try {
    await gateway.ledger.settle(trace.reservation, { tokens: totalTokens(usage), costNano }, gateway.clock.now());
  } catch (thrown) {
    const error = toGatewayError(thrown);
    gateway.report('error', 'A reservation could not be settled; upkeep will.', {
      requestId: trace.requestId,
      kind: error.kind,
      reason: error.message,
    });
  }
}
