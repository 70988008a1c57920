/** Which targets may answer a request, in which order, and why others may not. A pure function: chance and time are arguments. */
import type { Config, ModelConfig, TargetConfig } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { FactBook } from '../core/model-facts.ts';
import type { Caller, UpstreamTarget } from '../core/ports.ts';
import { inabilityOf, NO_NEED, type RequestNeed } from './capabilities.ts';
import type { Skipped } from './route.ts';
import { targetName } from './target-name.ts';

export interface PlanInput {
  readonly config: Config;
  /** An alias, or `provider/model`. */
  readonly model: string;
  readonly caller: Caller;
  /** Uniform in [0, 1): chooses among weighted targets. */
  readonly draw: number;
  readonly nowMs: number;
  /** What the request asks of a model. @default - nothing */
  readonly need?: RequestNeed;
  /** What is known of models. @default - nothing */
  readonly facts?: FactBook;
  /** Until when targets are left alone, by their names (see target-name.ts). @default - none is */
  readonly cooling?: { get(name: string): number | undefined };
  /** Whose provider has no key. @default - all have one */
  readonly keyless?: { has(target: UpstreamTarget): boolean };
  /** Instead of the alias's own, e.g. those of an experiment's arm. */
  readonly instead?: Partial<Pick<ModelConfig, 'targets' | 'fallbacks'>>;
  /** Orders candidates among which it does not matter who answers; undefined leaves them to the draw. */
  readonly arrange?: (candidates: readonly Candidate[]) => readonly UpstreamTarget[] | undefined;
}

/** A target with its share of the draws. */
export interface Candidate {
  readonly target: UpstreamTarget;
  readonly weight: number;
}

/** What holds for a model, however it was named. */
export type ModelSettings = Omit<ModelConfig, 'targets' | 'fallbacks'>;

export interface Plan {
  /** Every target, in the order in which it would be tried. */
  readonly considered: readonly UpstreamTarget[];
  /** Those that are left, in the same order. Empty only where each has a reason in `skipped`: see refuse-plan.ts. */
  readonly targets: readonly UpstreamTarget[];
  readonly skipped: readonly Skipped[];
  readonly settings: ModelSettings;
}

/** For `provider/model` names, which have no entry of their own. Kept equal to the schema's defaults by a test. */
export const DEFAULT_SETTINGS: ModelSettings = {
  attempts: 3,
  timeouts: { connectMs: 3_000, firstTokenMs: 30_000, thinkingMs: 300_000, idleMs: 30_000, totalMs: 600_000 },
  dropParams: false,
  queueMs: 0,
  rescue: 'none',
  onRefusal: 'answer',
};

/** Throws `unknown-model` and `forbidden`, which no target decides. */
export function plan(input: PlanInput): Plan {
  const { targets, fallbacks, settings } = entryOf(input);
  const resolved = (list: readonly TargetConfig[]) => list.flatMap((target) => resolve(input, target));
  const considered = [
    ...inOrder(input, resolved(targets)),
    // Each fallback is a step of its own: only its replicas are equals.
    ...fallbacks.flatMap((target) => inOrder(input, resolve(input, { ...target, weight: 1 }))),
  ];
  const skipped = considered.flatMap((target) => skip(input, target) ?? []);
  const out = new Set(skipped.map(({ target }) => target));
  return { considered, targets: considered.filter((target) => !out.has(target)), skipped, settings };
}

interface Entry {
  readonly targets: readonly TargetConfig[];
  readonly fallbacks: readonly TargetConfig[];
  readonly settings: ModelSettings;
}

function entryOf({ config, model, caller, instead }: PlanInput): Entry {
  const entry = Object.hasOwn(config.models, model) ? config.models[model] : undefined;
  const [provider, name] = splitName(model);
  const isDirect = entry === undefined && name !== '' && Object.hasOwn(config.providers, provider);
  if (!mayAsk(caller, model, entry)) {
    throw new GatewayError('forbidden', `This key may not use the model "${model}".`, { param: 'model' });
  }
  if (entry !== undefined) {
    const { targets, fallbacks, ...settings } = entry;
    return { targets: instead?.targets ?? targets, fallbacks: instead?.fallbacks ?? fallbacks, settings };
  }
  if (isDirect) return { targets: [{ provider, model: name }], fallbacks: [], settings: DEFAULT_SETTINGS };
  throw new GatewayError(
    'unknown-model',
    `The model "${model}" does not exist. GET /v1/models lists the aliases; provider/model names a provider's model.`,
    { param: 'model' },
  );
}

function splitName(model: string): readonly [provider: string, name: string] {
  const slash = model.indexOf('/');
  return slash <= 0 ? ['', ''] : [model.slice(0, slash), model.slice(slash + 1)];
}

/** An alias that the key does not name can still lead to targets that it does. */
function mayAsk({ models }: Caller, model: string, entry: ModelConfig | undefined): boolean {
  if (models === undefined || models.includes(model)) return true;
  const targets = entry === undefined ? [] : [...entry.targets, ...entry.fallbacks];
  return targets.some((target) => models.includes(`${target.provider}/${target.model}`));
}

/** A provider with several base URLs is as many targets: one of them may be gone while the others answer. */
function resolve({ config, facts }: PlanInput, target: TargetConfig): readonly Candidate[] {
  const provider = config.providers[target.provider];
  if (provider === undefined) throw new GatewayError('misconfigured', `There is no provider "${target.provider}".`);
  const urls = provider.baseUrls ?? [provider.baseUrl ?? ''];
  const { priceAs } = provider;
  const known = facts?.find({ provider: target.provider, priceAs, model: target.model });
  return urls.map((url, replica) => ({
    target: {
      provider: target.provider,
      config: provider,
      baseUrl: url.replace(/\/+$/, ''),
      model: target.model,
      ...(urls.length === 1 ? {} : { replica }),
      ...(known?.contextTokens === undefined ? {} : { contextTokens: known.contextTokens }),
    },
    weight: (target.weight ?? 1) / urls.length,
  }));
}

/** The drawn target first, the others behind it by weight: they are the nearest replacements. Weight 0 is never drawn. */
function inOrder({ draw, arrange }: PlanInput, candidates: readonly Candidate[]): readonly UpstreamTarget[] {
  const usable = candidates.filter(({ weight }) => weight > 0);
  const arranged = usable.length > 1 ? arrange?.(usable) : undefined;
  if (arranged !== undefined) return arranged;
  let left = draw * usable.reduce((sum, { weight }) => sum + weight, 0);
  const drawn = usable.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  const first = drawn ?? usable[usable.length - 1];
  if (first === undefined) return [];
  const others = usable.filter((candidate) => candidate !== first).sort((a, b) => b.weight - a.weight);
  return [first, ...others].map(({ target }) => target);
}

function skip(input: PlanInput, target: UpstreamTarget): Skipped | undefined {
  const { caller, model, facts, need = NO_NEED, cooling, keyless, nowMs } = input;
  const { models } = caller;
  if (models !== undefined && !models.includes(model) && !models.includes(`${target.provider}/${target.model}`)) {
    return { target, reason: 'not-allowed' };
  }
  const { priceAs } = target.config;
  const known = facts?.find({ provider: target.provider, priceAs, model: target.model });
  const inability = known === undefined ? undefined : inabilityOf(known, need);
  if (inability !== undefined) return { target, reason: inability.reason, inability };
  if (keyless?.has(target) === true) return { target, reason: 'no-key' };
  const untilMs = cooling?.get(targetName(target));
  return untilMs !== undefined && untilMs > nowMs ? { target, reason: 'cooling', untilMs } : undefined;
}
