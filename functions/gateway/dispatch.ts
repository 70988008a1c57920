/** From a caller and what the request can consume to targets that may be tried: what every kind of request does alike. */
import { GatewayError } from '../core/errors.ts';
import type { Caller, UpstreamTarget } from '../core/ports.ts';
import { assignArm } from '../routing/experiments.ts';
import { failover } from '../routing/failover.ts';
import { plan as planTargets } from '../routing/plan.ts';
import { refusePlan } from '../routing/refuse-plan.ts';
import { type Demand, SETTLING_MS } from './admit.ts';
import { admitOrDegrade } from './admit-or-degrade.ts';
import type { Exchange } from './attempt.ts';
import { totalsOf } from './build-row.ts';
import type { Gateway } from './gateway.ts';
import { withinCapacity } from './provider-capacity.ts';
import { renewKey } from './renew-key.ts';
import { passOver, sentAttempts, type Trace } from './trace.ts';

export interface DispatchInput {
  readonly gateway: Gateway;
  readonly trace: Trace;
  readonly caller: Caller;
  readonly demand: Demand;
  readonly stream: boolean;
  /** What is left of the invocation, in milliseconds. */
  readonly remainingMs: number;
  readonly priority: number;
  /** Runs beside the reservation. Rejects where the request must not go on. */
  readonly claim: ((deadlineMs: number) => Promise<void>) | undefined;
}

export interface Dispatch {
  readonly exchange: Exchange;
  /** The cap that the budgets set, where the client set none. */
  readonly outputCap: number | undefined;
  /** Ends what is still under way. */
  readonly stop: AbortController;
  /** Must be called at the end: the deadline's timer holds the request in memory. */
  release(): void;
  untilOneAnswers<Answer>(attempt: (target: UpstreamTarget) => Promise<Answer>): Promise<Answer>;
}

/** Kept back from the invocation's time: for the error event, settlement and the row. */
const CLOSING_MS = 5_000;
/**
 * A stream waits no longer for room: with the 15 s to its first ping it is silent for less than the 30 s after which idle
 * hops cut a connection, and who waited in vain still gets a 429 that every SDK understands.
 */
const STREAM_QUEUE_MS = 12_000;

export async function dispatch(input: DispatchInput): Promise<Dispatch> {
  const { gateway, trace, caller, demand } = input;
  const setup = await gateway.setup();
  trace.configVersion = setup.version;
  trace.priceVersion = setup.prices.version;
  const { config, facts } = setup;
  const { model, need } = demand;
  const nowMs = gateway.clock.now();
  const { requestId, metadata } = trace;
  const assigned = assignArm({ config, model, caller, requestId, metadata });
  trace.experiment = assigned?.experiment;
  trace.arm = assigned?.arm;
  const instead = assigned?.instead ?? {};
  const plan = planTargets({ config, facts, model, caller, need, nowMs, draw: gateway.random(), instead });
  trace.considered = plan.considered;
  for (const skipped of plan.skipped) passOver(trace, skipped);
  if (plan.targets.length === 0) throw refusePlan(model, plan.skipped, nowMs);

  const totalMs = Math.min(plan.settings.timeouts.totalMs, Math.max(0, input.remainingMs - CLOSING_MS));
  const deadlineMs = gateway.clock.now() + totalMs;
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new GatewayError('deadline', `The request was not answered within ${Math.round(totalMs / 1000)} s.`));
  }, totalMs);
  const { queueMs } = plan.settings;
  const waiting = {
    priority: input.priority,
    queueMs: input.stream ? Math.min(queueMs, STREAM_QUEUE_MS) : queueMs,
    signal: stop.signal,
  };
  // At once: one round trip to the table, with an idempotency key as without.
  const [admitted, claimed] = await Promise.allSettled([
    admitOrDegrade({ gateway, setup, plan, demand, caller, trace, deadlineMs, waiting }),
    input.claim?.(deadlineMs).catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  ]);
  if (claimed.status === 'rejected') {
    clearTimeout(timer);
    // That there was no room either is of no interest.
    trace.denial = undefined;
    throw claimed.reason;
  }
  if (admitted.status === 'rejected') {
    clearTimeout(timer);
    throw admitted.reason;
  }
  const { targets, outputCap, pays } = admitted.value;
  const within = withinCapacity({
    gateway,
    trace,
    tokens: trace.reservation?.tokens ?? demand.inputTokens,
    costNano: trace.reservation?.costNano ?? 0,
    expiresAtMs: deadlineMs + SETTLING_MS,
  });
  return {
    exchange: {
      gateway,
      setup,
      trace,
      settings: plan.settings,
      stream: input.stream,
      inputTokens: demand.inputTokens,
      terms: demand.kinds.terms ?? [],
      deadline: stop.signal,
    },
    outputCap,
    stop,
    release: () => clearTimeout(timer),
    untilOneAnswers: (attempt) =>
      failover({
        targets,
        attempts: plan.settings.attempts,
        attempt: (target) => within(target, attempt),
        sent: () => sentAttempts(trace).length,
        allows: (target) => pays(target, totalsOf(trace.attempts).costNano),
        renew: (target, error) => renewKey(gateway, trace, target, error),
        settled: () => {},
        goesOn: (error) => error.kind === 'content-refused' && plan.settings.onRefusal === 'fallback',
        wait: (milliseconds) => gateway.wait(milliseconds, stop.signal),
        remainingMs: () => deadlineMs - gateway.clock.now(),
        random: gateway.random,
      }),
  };
}
