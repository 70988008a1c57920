/**
 * Shadow traffic: a share of a model's requests is sent to another target as well, whose answer nobody gets. It is a
 * request of its own: with an id, a row (`shadow`, `shadow_of`), and a meter, `shadow:MODEL`, on which its cost is booked
 * besides `org`, so that no caller pays for it. It starts after its original and is awaited after the original's last byte
 * and beside its settlement: on Lambda nothing may be left to run when the invocation ends.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { type ErrorKind, GatewayError, toGatewayError } from '../core/errors.ts';
import type { Reservation, Scope, UpstreamTarget } from '../core/ports.ts';
import { worstCaseNano } from '../ledger/prices.ts';
import { plan as planTargets } from '../routing/plan.ts';
import { type Demand, SETTLING_MS } from './admit.ts';
import type { Call } from './chat-attempt.ts';
import { finish } from './finish.ts';
import { priceOf } from './payable.ts';
import { withinCapacity } from './provider-capacity.ts';
import { bindRequestId } from './request-id.ts';
import { openTrace, type Trace } from './trace.ts';
import { wholeAnswer } from './whole-answer.ts';

/** Of a process: a shadow that hangs holds a request's body in memory. More than these are left out. */
const MOST_AT_ONCE = 16;
/** In the row of the original. */
export const SHADOW_SKIPPED = 'shadow-skipped';

/** That the shadow has no room, no price or no target is what its operator made it: no line for each request. */
const EXPECTED: ReadonlySet<ErrorKind> = new Set(['rate-limited', 'no-target', 'unpriced']);

export interface Shadows {
  /** Sends a copy where the model says so, and the draw. Never throws, and nobody has to wait for anything. */
  mirror(call: Call, demand: Demand, untilMs: number): void;
}

export function createShadows(): Shadows {
  let running = 0;
  return {
    mirror(call, demand, untilMs) {
      const { shadow } = call.settings;
      if (shadow === undefined || call.gateway.random() >= shadow.rate) return;
      if (running >= MOST_AT_ONCE) {
        call.trace.flags.push(SHADOW_SKIPPED);
        return;
      }
      running += 1;
      const work = send(call, demand, shadow, untilMs)
        .catch((thrown: unknown) => {
          const { kind, message } = toGatewayError(thrown);
          call.trace.flags.push(SHADOW_SKIPPED);
          if (EXPECTED.has(kind)) return;
          call.gateway.report('warn', 'A request could not be mirrored.', {
            requestId: call.trace.requestId,
            kind,
            reason: message,
          });
        })
        .finally(() => {
          running -= 1;
        });
      call.trace.after.push(() => work);
    },
  };
}

/** Throws where nothing was sent; what fails later is in the shadow's row. */
async function send(call: Call, demand: Demand, shadow: TargetName, untilMs: number): Promise<void> {
  // The original goes first.
  await breathe();
  const { gateway } = call;
  const trace = openShadow(call);
  const target = targetOf(call, trace, demand, shadow);
  const leftMs = Math.min(call.settings.timeouts.totalMs, untilMs - gateway.clock.now());
  const expiresAtMs = gateway.clock.now() + leftMs + SETTLING_MS;
  const { reservation, cap } = await reserve(call, trace, demand, target, expiresAtMs);
  trace.reservation = reservation;
  const { tokens, costNano } = reservation;
  const within = withinCapacity({ gateway, trace, tokens, costNano, expiresAtMs });

  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new GatewayError('deadline', 'The shadow was not answered within the time that its original had.'));
  }, leftMs);
  const own: Call = {
    ...call,
    trace,
    stream: false,
    settings: { ...call.settings, attempts: 1 },
    request: { ...call.request, stream: false, ...(cap === undefined ? {} : { maxOutputTokens: cap }) },
    deadline: stop.signal,
    broke: () => {},
  };
  try {
    const text = await within(target, (to) => wholeAnswer(own, to));
    trace.status = 200;
    trace.responseBytes = Buffer.byteLength(text);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    trace.error = error;
    trace.outcome = 'failed';
    trace.status = error.status;
  } finally {
    clearTimeout(timer);
    await finish(gateway, trace);
  }
}

interface TargetName {
  readonly provider: string;
  readonly model: string;
}

/** No caller: what it costs is no key's, no team's and no user's. */
function openShadow({ gateway, trace: original, request }: Call): Trace {
  const trace = openTrace(bindRequestId(gateway.newId()), gateway.clock.now(), original.dialect);
  const { api, model, logLevel, requestBytes, configVersion, priceVersion, requestId: shadowOf } = original;
  return Object.assign(trace, {
    api,
    model,
    logLevel,
    requestBytes,
    configVersion,
    priceVersion,
    shadowOf,
    asked: request,
  });
}

function targetOf({ gateway, setup }: Call, trace: Trace, { model, need }: Demand, shadow: TargetName): UpstreamTarget {
  const nowMs = gateway.clock.now();
  const { config, facts } = setup;
  const { targets, skipped, considered } = planTargets({
    config,
    facts,
    model,
    need,
    nowMs,
    caller: { keyId: trace.requestId },
    draw: gateway.random(),
    cooling: gateway.health.cooling(nowMs),
    keyless: gateway.keyless,
    instead: { targets: [{ provider: shadow.provider, model: shadow.model }], fallbacks: [] },
  });
  const [target] = targets;
  trace.considered = considered;
  if (target === undefined) throw new GatewayError('no-target', `The shadow is left out: ${skipped[0]?.reason}.`);
  return target;
}

interface Reserved {
  readonly reservation: Reservation;
  /** The client's own, or where a budget must hold the most that was reserved. */
  readonly cap: number | undefined;
}

async function reserve(
  { gateway, setup, settings }: Call,
  trace: Trace,
  demand: Demand,
  target: UpstreamTarget,
  expiresAtMs: number,
): Promise<Reserved> {
  const { requestId, startedAtMs: nowMs, shadowOf = '' } = trace;
  const scopes: readonly Scope[] = [`shadow:${demand.model}`, 'org'];
  const price = priceOf(setup, target, nowMs);
  const hasBudget = (await gateway.ledger.room(scopes, nowMs)).budgetNano !== undefined;
  if (price === undefined && hasBudget) throw new GatewayError('unpriced', 'The shadow has no price, and a budget.');
  const most = demand.maxOutputTokens ?? settings.maxOutputTokens ?? setup.config.defaultMaxOutputTokens;
  const { inputTokens, candidates, kinds } = demand;
  const outputTokens = most * candidates;
  const result = await gateway.ledger.reserve({
    requestId,
    scopes,
    nowMs,
    expiresAtMs,
    tokens: inputTokens + outputTokens,
    costNano: price === undefined ? 0 : worstCaseNano(price, { inputTokens, outputTokens, ...kinds }),
    about: {
      api: trace.api ?? '',
      client_dialect: trace.dialect,
      stream: 'false',
      model: demand.model.slice(0, 128),
      shadow_of: shadowOf,
    },
  });
  if (result.outcome === 'denied') {
    const { scope, limit } = result.denial;
    throw new GatewayError('rate-limited', `The shadow is left out: ${limit} of ${scope} is reached.`);
  }
  return { reservation: result.reservation, cap: demand.maxOutputTokens ?? (hasBudget ? most : undefined) };
}
