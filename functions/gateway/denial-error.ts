import { GatewayError } from '../core/errors.ts';
import type { Denial, LimitName } from '../core/ports.ts';

const UNITS: { readonly [L in LimitName]: string } = {
  limit_rpm: 'requests a minute',
  limit_tpm: 'tokens a minute',
  limit_parallel: 'requests at once',
  budget_day_usd: 'USD a day',
  budget_month_usd: 'USD a month',
};

export function isBudget(limit: LimitName): boolean {
  return limit === 'budget_day_usd' || limit === 'budget_month_usd';
}

/** What the caller is told: which limit, how much of it is used, and when to come back. */
export function denialError(denial: Denial): GatewayError {
  const { scope, limit, limitValue, used, asked, retryAfterMs } = denial;
  const figures = `${round(used)} of ${round(limitValue)} ${UNITS[limit]} are used, and this request needs ${round(asked)}`;
  if (isBudget(limit)) {
    return new GatewayError('budget-exhausted', `The budget of ${scope} cannot pay for this request: ${figures}.`, {
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  const never = retryAfterMs === undefined ? ' It can never fit: send less, or have the limit raised.' : '';
  return new GatewayError('rate-limited', `The limit of ${scope} is reached: ${figures}.${never}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
