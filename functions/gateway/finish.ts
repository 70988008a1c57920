import { toGatewayError } from '../core/errors.ts';
import { totalTokens } from '../core/usage.ts';
import type { KnownNames } from '../records/emf.ts';
import { createRedactor, type Redactor } from '../records/redact.ts';
import { redactRow } from '../records/redact-row.ts';
import { buildRow, totalsOf } from './build-row.ts';
import type { Gateway } from './gateway.ts';
import { keepContent } from './keep-content.ts';
import { observeRequest } from './observe-request.ts';
import type { Trace } from './trace.ts';

/**
 * After the last byte, before the invocation ends: the meters get what was really used, the log its row. Never throws:
 * the client has its answer. What cannot be settled stays reserved until upkeep finds it, so that the ledger counts
 * more, never less.
 *
 * The row is written after the settlement is decided and before its record goes. So whenever the process dies, upkeep
 * finds either the record and can write the row, or a row that is there.
 */
export async function finish(gateway: Gateway, trace: Trace): Promise<void> {
  trace.endedAtMs ??= gateway.clock.now();
  await trace.beforeRow?.();
  // What reads no rules flags nothing: the row is worth more.
  await observeRequest(trace).catch((error: unknown) => {
    gateway.report('warn', 'A request could not be looked at.', { requestId: trace.requestId, reason: String(error) });
  });
  const { redactor, config } = await setupOf(gateway);
  const row = redactRow(buildRow(trace), redactor, trace.logLevel);
  gateway.measure(row, config);
  let written: Promise<void> | undefined;
  const log = (): Promise<void> => {
    written ??= gateway.log.write(row);
    return written;
  };
  await Promise.all([
    settle(gateway, trace, log).then(log),
    keepContent(gateway, trace, redactor),
    ...trace.after.map((work) => work()),
  ]);
}

/** Where the configuration cannot be read, what every one has. */
async function setupOf(gateway: Gateway): Promise<{ readonly redactor: Redactor; readonly config: KnownNames }> {
  try {
    return await gateway.setup();
  } catch {
    return { redactor: createRedactor(), config: { models: {}, providers: {} } };
  }
}

async function settle(gateway: Gateway, trace: Trace, log: () => Promise<void>): Promise<void> {
  if (trace.reservation === undefined) return;
  const { usage, costNano } = totalsOf(trace.attempts);
  const actual = { tokens: totalTokens(usage), costNano };
  try {
    await gateway.ledger.settle(trace.reservation, actual, gateway.clock.now(), log);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    gateway.report('error', 'A reservation could not be settled; upkeep will.', {
      requestId: trace.requestId,
      kind: error.kind,
      reason: error.message,
    });
  }
}
