/** From a caller and what the request can consume to targets that may be tried: what every kind of request does alike. */
import { GatewayError } from '../core/errors.ts';
import type { Caller, UpstreamTarget } from '../core/ports.ts';
import { arrangeByConversation, hasAffinity } from '../routing/affinity.ts';
import { hasLargerWindow } from '../routing/capabilities.ts';
import { assignArm } from '../routing/experiments.ts';
import { failover } from '../routing/failover.ts';
import { type Plan, plan as planTargets } from '../routing/plan.ts';
import { refusePlan } from '../routing/refuse-plan.ts';
import { targetName } from '../routing/target-name.ts';
import { type Demand, SETTLING_MS } from './admit.ts';
import { admitOrDegrade } from './admit-or-degrade.ts';
import type { Exchange } from './attempt.ts';
import { totalsOf } from './build-row.ts';
import type { Gateway } from './gateway.ts';
import { createHealthGate } from './health-gate.ts';
import { withinCapacity } from './provider-capacity.ts';
import { renewKey } from './renew-key.ts';
import { isRefused, passOver, sentAttempts, type Trace } from './trace.ts';

export interface DispatchInput {
  readonly gateway: Gateway;
  readonly trace: Trace;
  readonly caller: Caller;
  readonly demand: Demand;
  readonly stream: boolean;
  /** What is left of the invocation, in milliseconds. */
  readonly remainingMs: number;
  readonly priority: number;
  /** What tells its conversation from others, for those of the targets among which that decides. @default - no conversation */
  readonly conversation?: () => string;
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

/** How long the health of targets is waited for, where it is not known: as a rule it is there with the reservation. */
export const HEALTH_PATIENCE_MS = 200;
/** On top of the time to a probe's first token. */
const PROBE_MARGIN_MS = 2_000;
/** Kept back from the invocation's time: for the error event, settlement and the row. */
export const CLOSING_MS = 5_000;
/**
 * A stream waits no longer for room: with the 15 s to its first ping it is silent for less than the 30 s after which idle
 * hops cut a connection, and who waited in vain still gets a 429 that every SDK understands.
 */
const STREAM_QUEUE_MS = 12_000;

export async function dispatch(input: DispatchInput): Promise<Dispatch> {
  const { gateway, trace, caller, demand } = input;
  const { keyless } = gateway;
  const setup = await gateway.setup();
  trace.configVersion = setup.version;
  trace.priceVersion = setup.prices.version;
  const { config, facts } = setup;
  const { model, need } = demand;
  const { requestId, metadata } = trace;
  const assigned = assignArm({ config, model, caller, requestId, metadata });
  trace.experiment = assigned?.experiment;
  trace.arm = assigned?.arm;
  const instead = assigned?.instead ?? {};
  const draw = gateway.random();
  const { conversation = () => requestId } = input;
  const planNow = (): Plan => {
    const nowMs = gateway.clock.now();
    const cooling = gateway.health.cooling(nowMs);
    const arrange = arrangeByConversation({
      conversation,
      draw,
      inFlight: gateway.loads.inFlight,
      loadOf: gateway.loads.loadOf,
      isOut: (target) => cooling.get(targetName(target)) !== undefined,
    });
    return planTargets({ config, facts, model, caller, need, nowMs, draw, instead, cooling, keyless, arrange });
  };
  let plan = planNow();
  const reading = gateway.health.refresh(plan.considered.map(targetName));
  const weighing = gateway.loads.refresh(plan.considered.filter(hasAffinity));
  const pending = [reading, weighing].filter((each) => each !== undefined);
  const known = pending.length === 0 ? undefined : withinPatience(gateway, Promise.all(pending));
  // Before a request is refused by what was known a while ago, it is worth one round trip.
  if (plan.targets.length === 0 && known !== undefined) {
    await known;
    plan = planNow();
  }
  trace.considered = plan.considered;
  for (const skipped of plan.skipped) {
    passOver(trace, skipped);
    if (skipped.reason === 'no-key') keyless.warn(skipped.target);
  }
  const [first] = plan.targets;
  if (first === undefined) throw refusePlan(model, plan.skipped, gateway.clock.now());
  const seat = gateway.loads.takeSeat(first);

  const totalMs = Math.min(plan.settings.timeouts.totalMs, Math.max(0, input.remainingMs - CLOSING_MS));
  const deadlineMs = gateway.clock.now() + totalMs;
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new GatewayError('deadline', `The request was not answered within ${Math.round(totalMs / 1000)} s.`));
  }, totalMs);
  const { queueMs, timeouts, onRefusal } = plan.settings;
  const gate = createHealthGate({
    gateway,
    trace,
    breaker: config.breaker,
    signal: stop.signal,
    leaseMs: Math.min(totalMs, timeouts.connectMs + timeouts.firstTokenMs + PROBE_MARGIN_MS),
  });
  const release = (): void => {
    clearTimeout(timer);
    gate.leave();
    seat.leave();
  };
  gate.prepare(first);
  // A process that starts reads the provider's secret beside the reservation, and not after it.
  const prepared = gateway.upstream.prepare(first);
  trace.after.push(() => prepared);
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
    known,
  ]);
  if (claimed.status === 'rejected') {
    release();
    // That there was no room either is of no interest.
    trace.denial = undefined;
    throw claimed.reason;
  }
  if (admitted.status === 'rejected') {
    release();
    throw admitted.reason;
  }
  const { outputCap, cover } = admitted.value;
  const spentNano = (): number => totalsOf(trace.attempts).costNano;
  let { targets } = admitted.value;
  if (weighing !== undefined) {
    // What the servers say has come with the reservation: it was too old to plan by.
    const { considered } = planNow();
    targets = inOrderOf(targets, considered);
    trace.considered = inOrderOf(plan.considered, considered);
  }
  const within = withinCapacity({
    gateway,
    trace,
    tokens: trace.reservation?.tokens ?? demand.inputTokens,
    costNano: trace.reservation?.costNano ?? 0,
    expiresAtMs: deadlineMs + SETTLING_MS,
    waiting: { ...waiting, targets, deadlineMs },
  });
  return {
    exchange: {
      gateway,
      setup,
      trace,
      settings: plan.settings,
      stream: input.stream,
      conversation,
      priority: input.priority,
      inputTokens: demand.inputTokens,
      terms: demand.kinds.terms ?? [],
      deadline: stop.signal,
      broke: gate.broke,
    },
    outputCap,
    stop,
    release,
    untilOneAnswers: (attempt) =>
      failover({
        targets,
        attempts: plan.settings.attempts,
        attempt: async (target) => {
          await gate.enter(target);
          seat.move(target);
          return within(target, attempt);
        },
        failed: () => sentAttempts(trace).filter(({ error }) => error !== undefined).length,
        allows: (target) => cover.pays(target, spentNano()),
        secure: (target) => cover.cover(target, spentNano()),
        renew: (target, error) => renewKey(gateway, trace, target, error),
        settled: gate.ended,
        goesOn: (error, failed, next) =>
          error.kind === 'context-length' ? hasLargerWindow(next, failed) : onRefusal === 'fallback',
        isRefusal: () => onRefusal === 'fallback' && isRefused(trace.attempts.at(-1)),
        wait: (milliseconds) => gateway.wait(milliseconds, stop.signal),
        remainingMs: () => deadlineMs - gateway.clock.now(),
        random: gateway.random,
      }).catch((error: unknown) => {
        throw error instanceof GatewayError && error.kind === 'no-target'
          ? refusePlan(model, [...trace.passedOver.values()], gateway.clock.now())
          : error;
      }),
  };
}

/** A table that does not answer makes no request slow: what it would have said is not worth more. */
function withinPatience(gateway: Gateway, reading: Promise<unknown>): Promise<unknown> {
  const stop = new AbortController();
  const late = gateway.wait(HEALTH_PATIENCE_MS, stop.signal).catch(() => undefined);
  return Promise.race([reading, late]).finally(() => stop.abort());
}

/** The same targets, as another plan would have them. One that is there twice keeps its places. */
function inOrderOf(targets: readonly UpstreamTarget[], others: readonly UpstreamTarget[]): readonly UpstreamTarget[] {
  const places = new Map<string, number[]>();
  others.forEach((target, index) => {
    const name = targetName(target);
    places.set(name, [...(places.get(name) ?? []), index]);
  });
  return targets
    .map((target) => ({ target, place: places.get(targetName(target))?.shift() ?? others.length }))
    .sort((a, b) => a.place - b.place)
    .map(({ target }) => target);
}
