/**
 * Before anything is sent: the price of the worst case, the output cap that the budgets can pay, and the reservation.
 * Throws `unpriced`, `budget-exhausted` or `rate-limited`.
 */
import type { ChatRequest } from '../core/chat.ts';
import { GatewayError } from '../core/errors.ts';
import type { Caller, Denial, LimitName, ReserveResult, Scope, UpstreamTarget } from '../core/ports.ts';
import { estimateInputTokens } from '../ledger/estimate-tokens.ts';
import { inputKinds } from '../ledger/input-kinds.ts';
import { affordableOutputTokens, type ModelPrice, worstCaseNano } from '../ledger/prices.ts';
import type { Plan } from '../routing/plan.ts';
import type { Gateway, Setup } from './gateway.ts';
import type { Trace } from './trace.ts';

export interface Admission {
  /** The targets that the caller may pay for. */
  readonly targets: readonly UpstreamTarget[];
  /** As the client sent it, with the output cap that the budget sets where the client set none. */
  readonly request: ChatRequest;
  readonly inputTokens: number;
}

export interface AdmitInput {
  readonly gateway: Gateway;
  readonly setup: Setup;
  readonly plan: Plan;
  readonly request: ChatRequest;
  readonly caller: Caller;
  readonly trace: Trace;
  readonly deadlineMs: number;
}

/** Some models refuse a smaller cap (OpenAI's reasoning models: 16). */
const LEAST_OUTPUT_TOKENS = 16;
/** What a token limit is charged for the answer until its length is known. */
const EXPECTED_OUTPUT_TOKENS = 1_024;
/** How long after its deadline a request may still be settling. */
const SETTLING_MS = 60_000;

export function scopesOf(caller: Caller): readonly Scope[] {
  const named = (['team', 'user', 'app', 'env'] as const).flatMap((kind) => {
    const value = caller[kind];
    return value === undefined ? [] : [`${kind}:${value}`];
  });
  return [`key:${caller.keyId}`, ...named, 'org'];
}

export async function admit(input: AdmitInput): Promise<Admission> {
  const { gateway, request, caller, trace } = input;
  const scopes = scopesOf(caller);
  const kinds = inputKinds(request);
  const inputTokens = estimateInputTokens(request);
  const room = await gateway.ledger.room(scopes, trace.startedAtMs);
  const { targets, prices } = payable(input, room.budgetNano !== undefined);

  const reserve = async (budgetNano: number | undefined): Promise<[ReserveResult, number]> => {
    const cap = outputCap(input, prices, inputTokens, budgetNano);
    const outputTokens = cap * request.candidates;
    const costNano = Math.max(
      0,
      ...prices.map((price) => worstCaseNano(price, { inputTokens, outputTokens, ...kinds })),
    );
    const result = await gateway.ledger.reserve({
      requestId: trace.requestId,
      scopes,
      nowMs: trace.startedAtMs,
      expiresAtMs: input.deadlineMs + SETTLING_MS,
      tokens: inputTokens + Math.min(outputTokens, EXPECTED_OUTPUT_TOKENS * request.candidates),
      costNano,
      about: about(trace, caller, request),
    });
    return [result, cap];
  };

  let [result, cap] = await reserve(room.budgetNano);
  if (result.outcome === 'denied' && isBudget(result.denial.limit) && request.maxOutputTokens === undefined) {
    // The cap was ours, computed from what had been seen last: what is left now may pay for a shorter answer.
    const now = await gateway.ledger.room(scopes, trace.startedAtMs);
    [result, cap] = await reserve(now.budgetNano);
  }
  trace.limits = result.limits;
  if (result.outcome === 'denied') {
    trace.denial = result.denial;
    throw denied(result.denial);
  }
  trace.reservation = result.reservation;
  const capped = room.budgetNano !== undefined && request.maxOutputTokens === undefined;
  return { targets, inputTokens, request: capped ? { ...request, maxOutputTokens: cap } : request };
}

interface Payable {
  readonly targets: readonly UpstreamTarget[];
  readonly prices: readonly ModelPrice[];
}

/** A model without a price is never free: callers with a budget do not get it. */
function payable(input: AdmitInput, hasBudget: boolean): Payable {
  const { plan, setup, trace } = input;
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

function outputCap(
  { request, plan, setup }: AdmitInput,
  prices: readonly ModelPrice[],
  inputTokens: number,
  budgetNano: number | undefined,
): number {
  if (request.maxOutputTokens !== undefined) return request.maxOutputTokens;
  const most = plan.settings.maxOutputTokens ?? setup.config.defaultMaxOutputTokens;
  if (budgetNano === undefined) return most;
  const affordable = prices.map((price) =>
    Math.floor(affordableOutputTokens(price, inputTokens, budgetNano, inputKinds(request)) / request.candidates),
  );
  return Math.max(LEAST_OUTPUT_TOKENS, Math.min(most, ...affordable));
}

function about(trace: Trace, caller: Caller, request: ChatRequest): { readonly [name: string]: string } {
  return {
    api: trace.api ?? '',
    key_id: caller.keyId,
    model: request.model.slice(0, 128),
    ...(caller.team === undefined ? {} : { team: caller.team }),
    ...(caller.user === undefined ? {} : { user_id: caller.user }),
    ...(caller.app === undefined ? {} : { app: caller.app }),
    ...(caller.env === undefined ? {} : { env: caller.env }),
  };
}

const UNITS: { readonly [L in LimitName]: string } = {
  limit_rpm: 'requests a minute',
  limit_tpm: 'tokens a minute',
  limit_parallel: 'requests at once',
  budget_day_usd: 'USD a day',
  budget_month_usd: 'USD a month',
};

function isBudget(limit: LimitName): boolean {
  return limit === 'budget_day_usd' || limit === 'budget_month_usd';
}

function denied(denial: Denial): GatewayError {
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
