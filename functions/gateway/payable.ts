import type { UpstreamTarget } from '../core/ports.ts';
import type { ServiceTerm } from '../core/usage.ts';
import { isPriced, type ModelPrice } from '../ledger/prices.ts';
import type { Plan } from '../routing/plan.ts';
import { refusePlan } from '../routing/refuse-plan.ts';
import type { Setup } from './gateway.ts';
import { passOver, type Trace } from './trace.ts';

export interface Payable {
  readonly targets: readonly UpstreamTarget[];
  readonly prices: readonly ModelPrice[];
}

export interface PayableDemand {
  /** As the client named it. */
  readonly model: string;
  readonly hasBudget: boolean;
  /** That the request asks for. */
  readonly terms: readonly ServiceTerm[];
}

/** Of the others the list price is the most that they can cost. */
const DEARER: ReadonlySet<ServiceTerm> = new Set(['priority', 'fast', 'us']);

/** A model without a price is never free: callers with a budget do not get it. */
export function payable(demand: PayableDemand, plan: Plan, setup: Setup, trace: Trace): Payable {
  const { model, hasBudget, terms } = demand;
  const dearer = terms.filter((term) => DEARER.has(term));
  const priced = plan.targets.map((target) => ({ target, price: priceOf(setup, target, trace.startedAtMs) }));
  const kept = hasBudget ? priced.filter(({ price }) => price !== undefined && isPriced(price, dearer)) : priced;
  for (const { target } of priced.filter((entry) => !kept.includes(entry)))
    passOver(trace, { target, reason: 'unpriced' });
  if (kept.length === 0) throw refusePlan(model, [...trace.passedOver.values()], trace.startedAtMs);
  return {
    targets: kept.map((entry) => entry.target),
    prices: kept.flatMap((entry) => (entry.price === undefined ? [] : [entry.price])),
  };
}

export function priceOf(setup: Setup, target: UpstreamTarget, atMs: number): ModelPrice | undefined {
  const { priceAs } = target.config;
  return setup.prices.find({
    provider: target.provider,
    ...(priceAs === undefined ? {} : { priceAs }),
    model: target.model,
    atMs,
  });
}
