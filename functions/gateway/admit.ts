/**
 * Before anything is sent: the price of the worst case, the output cap that the budgets can pay, and the reservation.
 * Throws `unpriced`, `budget-exhausted` or `rate-limited`.
 */
import type { ChatRequest } from '../core/chat.ts';
import type { Caller, ReserveResult, Scope, UpstreamTarget } from '../core/ports.ts';
import { totalOutputTokens } from '../core/usage.ts';
import { estimateInput } from '../ledger/estimate-tokens.ts';
import { inputKinds } from '../ledger/input-kinds.ts';
import { affordableOutputTokens, type InputKinds, type ModelPrice, worstCaseNano } from '../ledger/prices.ts';
import { needOf, type RequestNeed } from '../routing/capabilities.ts';
import type { Plan } from '../routing/plan.ts';
import { totalsOf } from './build-row.ts';
import { type Cover, createCover, UNLIMITED } from './cover-attempt.ts';
import { denialError, isBudget } from './denial-error.ts';
import type { Gateway, Setup } from './gateway.ts';
import { payable, priceOf } from './payable.ts';
import { providerScopes } from './provider-capacity.ts';
import type { Trace } from './trace.ts';
import { type Waiting, waitForRoom } from './wait-for-room.ts';

/** What a request can consume, whatever its kind. */
export interface Demand {
  readonly model: string;
  readonly inputTokens: number;
  readonly kinds: InputKinds;
  /** The client's own cap; 0 where there is no output. */
  readonly maxOutputTokens: number | undefined;
  readonly candidates: number;
  /** What it asks of a model. */
  readonly need: RequestNeed;
}

export interface Admission {
  /** The targets that the caller may pay for. */
  readonly targets: readonly UpstreamTarget[];
  /** What the budgets can pay, where there are any and the client set no cap itself. */
  readonly outputCap: number | undefined;
  readonly cover: Cover;
}

export interface AdmitInput {
  readonly gateway: Gateway;
  readonly setup: Setup;
  readonly plan: Plan;
  readonly demand: Demand;
  readonly caller: Caller;
  readonly trace: Trace;
  readonly deadlineMs: number;
  readonly waiting: Waiting;
}

export function demandOf(request: ChatRequest): Demand {
  const { tokens, leastTokens } = estimateInput(request);
  return {
    model: request.model,
    inputTokens: tokens,
    kinds: inputKinds(request),
    maxOutputTokens: request.maxOutputTokens,
    candidates: request.candidates,
    need: needOf(request, leastTokens),
  };
}

/** Some models refuse a smaller cap (OpenAI's reasoning models: 16). */
const LEAST_OUTPUT_TOKENS = 16;
/** How long after its deadline a request may still be settling. */
export const SETTLING_MS = 60_000;

export function scopesOf(caller: Caller): readonly Scope[] {
  const named = (['team', 'user', 'app', 'env'] as const).flatMap((kind) => {
    const value = caller[kind];
    return value === undefined ? [] : [`${kind}:${value}`];
  });
  return [`key:${caller.keyId}`, ...named, 'org'];
}

export async function admit(input: AdmitInput): Promise<Admission> {
  const { gateway, caller, trace } = input;
  const scopes = scopesOf(caller);
  let { budgetNano } = await gateway.ledger.room(scopes, trace.startedAtMs);
  for (;;) {
    const admission = await admitWithin(input, scopes, budgetNano);
    const now = budgetNano === undefined ? await gateway.ledger.room(scopes, trace.startedAtMs) : { budgetNano };
    if (budgetNano === now.budgetNano) {
      trace.after.push(async () => learnOutput(input));
      return admission;
    }
    // A budget has appeared since the scopes were seen last: it decides the targets and the cap of this request too.
    await giveBack(input);
    budgetNano = now.budgetNano;
  }
}

/** Of what was not answered nothing can be learnt. */
function learnOutput({ gateway, demand, caller, trace }: AdmitInput): void {
  const outputTokens = totalOutputTokens(totalsOf(trace.attempts).usage);
  if (outputTokens > 0) gateway.outputs.learn(demand.model, caller.keyId, outputTokens / demand.candidates);
}

export async function giveBack({ gateway, trace }: AdmitInput): Promise<void> {
  const { reservation } = trace;
  trace.reservation = undefined;
  if (reservation !== undefined) {
    await gateway.ledger.cancel(reservation, gateway.clock.now());
  }
}

async function admitWithin(
  input: AdmitInput,
  scopes: readonly Scope[],
  budgetNano: number | undefined,
): Promise<Admission> {
  const { gateway, setup, demand, caller, trace } = input;
  const { inputTokens, kinds, candidates } = demand;
  const hasBudget = budgetNano !== undefined;
  const demanded = { model: demand.model, hasBudget, terms: kinds.terms ?? [] };
  const { targets, prices } = payable(demanded, input.plan, setup, trace);
  const worst = (price: ModelPrice, cap: number): number =>
    worstCaseNano(price, { inputTokens, outputTokens: cap * candidates, ...kinds });

  const reserve = async (cap: number, nowMs: number): Promise<ReserveResult> =>
    gateway.ledger.reserve({
      requestId: trace.requestId,
      scopes,
      watch: targets.slice(0, 1).flatMap(providerScopes),
      nowMs,
      expiresAtMs: input.deadlineMs + SETTLING_MS,
      tokens: inputTokens + Math.min(cap, gateway.outputs.next(demand.model, caller.keyId)) * candidates,
      costNano: Math.max(0, ...prices.map((price) => worst(price, cap))),
      about: about(trace, caller, demand),
    });

  let cap = outputCap(input, prices, budgetNano);
  const waiting = { ...input.waiting, gateway, trace, scopes, deadlineMs: input.deadlineMs };
  const result = await waitForRoom(waiting, async (nowMs) => {
    const first = await reserve(cap, nowMs);
    const isPoor = first.outcome === 'denied' && isBudget(first.denial.limit);
    if (!isPoor || demand.maxOutputTokens !== undefined) return first;
    // The cap was ours, computed from what had been seen last: what is left now may pay for a shorter answer.
    const now = await gateway.ledger.room(scopes, nowMs);
    cap = outputCap(input, prices, now.budgetNano);
    return reserve(cap, nowMs);
  });
  trace.limits = result.limits;
  if (result.outcome === 'denied') {
    trace.denial = result.denial;
    throw denialError(result.denial);
  }
  trace.reservation = result.reservation;
  const worstNano = (target: UpstreamTarget): number | undefined => {
    const price = priceOf(setup, target, trace.startedAtMs);
    return price === undefined ? undefined : worst(price, cap);
  };
  return {
    targets,
    outputCap: hasBudget && demand.maxOutputTokens === undefined ? cap : undefined,
    cover: hasBudget ? createCover({ gateway, trace, worstNano }) : UNLIMITED,
  };
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
    ...(trace.experiment === undefined ? {} : { experiment: trace.experiment }),
    ...(trace.arm === undefined ? {} : { arm: trace.arm }),
  };
}
