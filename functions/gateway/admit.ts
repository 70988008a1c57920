/**
 * Before anything is sent: the price of the worst case, the output cap that the budgets can pay, and the reservation.
 * Throws `unpriced`, `budget-exhausted` or `rate-limited`.
 */
import type { ChatRequest } from '../core/chat.ts';
import type { Caller, ReserveResult, Scope, UpstreamTarget } from '../core/ports.ts';
import { estimateInputTokens } from '../ledger/estimate-tokens.ts';
import { inputKinds } from '../ledger/input-kinds.ts';
import { affordableOutputTokens, type InputKinds, type ModelPrice, worstCaseNano } from '../ledger/prices.ts';
import type { Plan } from '../routing/plan.ts';
import { denialError, isBudget } from './denial-error.ts';
import type { Gateway, Setup } from './gateway.ts';
import { payable } from './payable.ts';
import type { Trace } from './trace.ts';

/** What a request can consume, whatever its kind. */
export interface Demand {
  readonly model: string;
  readonly inputTokens: number;
  readonly kinds: InputKinds;
  /** The client's own cap; 0 where there is no output. */
  readonly maxOutputTokens: number | undefined;
  readonly candidates: number;
}

export interface Admission {
  /** The targets that the caller may pay for. */
  readonly targets: readonly UpstreamTarget[];
  /** What the budgets can pay, where there are any and the client set no cap itself. */
  readonly outputCap: number | undefined;
}

export interface AdmitInput {
  readonly gateway: Gateway;
  readonly setup: Setup;
  readonly plan: Plan;
  readonly demand: Demand;
  readonly caller: Caller;
  readonly trace: Trace;
  readonly deadlineMs: number;
}

export function demandOf(request: ChatRequest): Demand {
  return {
    model: request.model,
    inputTokens: estimateInputTokens(request),
    kinds: inputKinds(request),
    maxOutputTokens: request.maxOutputTokens,
    candidates: request.candidates,
  };
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
  const { gateway, demand, caller, trace } = input;
  const { inputTokens, kinds, candidates } = demand;
  const scopes = scopesOf(caller);
  const room = await gateway.ledger.room(scopes, trace.startedAtMs);
  const { targets, prices } = payable(input.plan, input.setup, trace, room.budgetNano !== undefined);

  const reserve = async (budgetNano: number | undefined): Promise<[ReserveResult, number]> => {
    const cap = outputCap(input, prices, budgetNano);
    const outputTokens = cap * candidates;
    const costNano = Math.max(
      0,
      ...prices.map((price) => worstCaseNano(price, { inputTokens, outputTokens, ...kinds })),
    );
    const result = await gateway.ledger.reserve({
      requestId: trace.requestId,
      scopes,
      nowMs: trace.startedAtMs,
      expiresAtMs: input.deadlineMs + SETTLING_MS,
      tokens: inputTokens + Math.min(outputTokens, EXPECTED_OUTPUT_TOKENS * candidates),
      costNano,
      about: about(trace, caller, demand),
    });
    return [result, cap];
  };

  let [result, cap] = await reserve(room.budgetNano);
  if (result.outcome === 'denied' && isBudget(result.denial.limit) && demand.maxOutputTokens === undefined) {
    // The cap was ours, computed from what had been seen last: what is left now may pay for a shorter answer.
    const now = await gateway.ledger.room(scopes, trace.startedAtMs);
    [result, cap] = await reserve(now.budgetNano);
  }
  trace.limits = result.limits;
  if (result.outcome === 'denied') {
    trace.denial = result.denial;
    throw denialError(result.denial);
  }
  trace.reservation = result.reservation;
  const capped = room.budgetNano !== undefined && demand.maxOutputTokens === undefined;
  return { targets, outputCap: capped ? cap : undefined };
}

function outputCap({ demand, plan, setup }: AdmitInput, prices: readonly ModelPrice[], budgetNano?: number): number {
  const { inputTokens, kinds, candidates } = demand;
  if (demand.maxOutputTokens !== undefined) return demand.maxOutputTokens;
  const most = plan.settings.maxOutputTokens ?? setup.config.defaultMaxOutputTokens;
  if (budgetNano === undefined) return most;
  const affordable = prices.map((price) =>
    Math.floor(affordableOutputTokens(price, inputTokens, budgetNano, kinds) / candidates),
  );
  return Math.max(LEAST_OUTPUT_TOKENS, Math.min(most, ...affordable));
}

function about(trace: Trace, caller: Caller, demand: Demand): { readonly [name: string]: string } {
  return {
    api: trace.api ?? '',
    client_dialect: trace.dialect,
    stream: String(trace.stream),
    key_id: caller.keyId,
    model: demand.model.slice(0, 128),
    ...(caller.team === undefined ? {} : { team: caller.team }),
    ...(caller.user === undefined ? {} : { user_id: caller.user }),
    ...(caller.app === undefined ? {} : { app: caller.app }),
    ...(caller.env === undefined ? {} : { env: caller.env }),
  };
}
