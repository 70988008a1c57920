import { GatewayError } from '../core/errors.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import type { ModelPrice } from '../ledger/prices.ts';
import type { Plan } from '../routing/plan.ts';
import type { Setup } from './gateway.ts';
import type { Trace } from './trace.ts';

export interface Payable {
  readonly targets: readonly UpstreamTarget[];
  readonly prices: readonly ModelPrice[];
}

/** A model without a price is never free: callers with a budget do not get it. */
export function payable(plan: Plan, setup: Setup, trace: Trace, hasBudget: boolean): Payable {
  const priced = plan.targets.map((target) => ({ target, price: priceOf(setup, target, trace.startedAtMs) }));
  const kept = hasBudget ? priced.filter((entry) => entry.price !== undefined) : priced;
  if (kept.length === 0) {
    const names = plan.targets.map(nameOf).join(', ');
    throw new GatewayError(
      'unpriced',
      `No price is known for ${names}, and this key has a budget. The operator can add one under "prices" in gateway.yaml.`,
      { param: 'model' },
    );
  }
  trace.route = priced
    .map((entry) => `${nameOf(entry.target)}${kept.includes(entry) ? '' : ' (skipped: unpriced)'}`)
    .join(' > ');
  return {
    targets: kept.map((entry) => entry.target),
    prices: kept.flatMap((entry) => (entry.price === undefined ? [] : [entry.price])),
  };
}

const nameOf = (target: UpstreamTarget): string => `${target.provider}/${target.model}`;

export function priceOf(setup: Setup, target: UpstreamTarget, atMs: number): ModelPrice | undefined {
  const { priceAs } = target.config;
  return setup.prices.find({
    provider: target.provider,
    ...(priceAs === undefined ? {} : { priceAs }),
    model: target.model,
    atMs,
  });
}
