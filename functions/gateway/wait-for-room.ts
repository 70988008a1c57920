/**
 * A request that finds no room under a limit a minute or at once may wait for it, where its model says so. Whoever has
 * the higher priority goes first, over all instances: those of lower ones see in the line that somebody waits, and do
 * not even ask. Nobody stands back for ever: the last poll of a wait always asks.
 */
import type { ReserveResult, Scope } from '../core/ports.ts';
import { nextPollMs } from '../ledger/wait-plan.ts';
import type { Gateway } from './gateway.ts';
import type { Trace } from './trace.ts';

export interface Waiting {
  readonly priority: number;
  /** 0: not at all. */
  readonly queueMs: number;
  /** Ends the wait. Its reason is thrown. */
  readonly signal: AbortSignal;
}

export interface WaitForRoom extends Waiting {
  readonly gateway: Pick<Gateway, 'clock' | 'random' | 'wait' | 'line' | 'report'>;
  readonly trace: Trace;
  readonly scopes: readonly Scope[];
  readonly deadlineMs: number;
}

/** Before the deadline: a request that is admitted at its end is paid for and not answered. */
const BEFORE_DEADLINE_MS = 500;
/** Until the next poll has had its answer. */
const LEASE_MARGIN_MS = 250;

/** `reserve` is called with the time of the try. Gives the last result. */
export async function waitForRoom(
  input: WaitForRoom,
  reserve: (nowMs: number) => Promise<ReserveResult>,
): Promise<ReserveResult> {
  const { gateway, trace, scopes, priority, queueMs } = input;
  const { clock, line } = gateway;
  if (queueMs === 0) return reserve(trace.startedAtMs);
  const untilMs = Math.min(trace.startedAtMs + queueMs, input.deadlineMs - BEFORE_DEADLINE_MS);

  // Newcomers must not pass those who wait; where nobody waits this costs nothing.
  let inLine = scopes.filter((scope) => line.isCrowded(scope, clock.now()));
  let last = (await isHigherWaiting(input, inLine)) ? undefined : await reserve(trace.startedAtMs);
  let isLast = false;
  for (let polls = 0; last?.outcome !== 'admitted' && !isLast; polls += 1) {
    const nowMs = clock.now();
    const denial = last?.denial;
    if (denial !== undefined) inLine = [denial.scope];
    const waitMs = nextPollMs({ nowMs, untilMs, polls, priority, denial, random: gateway.random() });
    if (waitMs === undefined) break;
    await join(input, inLine, nowMs, nowMs + waitMs + LEASE_MARGIN_MS);
    await sleep(input, waitMs);
    trace.queueMs += clock.now() - nowMs;
    isLast = nowMs + waitMs >= untilMs;
    last = !isLast && (await isHigherWaiting(input, inLine)) ? undefined : await reserve(clock.now());
  }
  return last ?? reserve(clock.now());
}

/** Without the line nobody can go first; that is no reason to fail. */
async function isHigherWaiting({ gateway, priority, trace }: WaitForRoom, scopes: readonly Scope[]): Promise<boolean> {
  const nowMs = gateway.clock.now();
  try {
    const found = await Promise.all(scopes.map((scope) => gateway.line.isHigherWaiting(scope, priority, nowMs)));
    return found.includes(true);
  } catch (error) {
    reportLine(gateway, trace, error);
    return false;
  }
}

async function join(input: WaitForRoom, scopes: readonly Scope[], nowMs: number, untilMs: number): Promise<void> {
  const { gateway, priority, trace } = input;
  try {
    await Promise.all(scopes.map((scope) => gateway.line.join(scope, priority, untilMs, nowMs)));
  } catch (error) {
    reportLine(gateway, trace, error);
  }
}

function reportLine(gateway: WaitForRoom['gateway'], trace: Trace, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  gateway.report('warn', 'Priorities are not kept: the waiting line does not answer.', {
    requestId: trace.requestId,
    reason,
  });
}

async function sleep({ gateway, signal }: WaitForRoom, milliseconds: number): Promise<void> {
  try {
    await gateway.wait(milliseconds, signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
