/** Which targets may answer a request, in which order. A pure function: the draw and the hash are arguments. */
import type { Config, ModelConfig, TargetConfig } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { Caller, UpstreamTarget } from '../core/ports.ts';

export interface PlanInput {
  readonly config: Config;
  /** An alias, or `provider/model`. */
  readonly model: string;
  readonly caller: Caller;
  /** Uniform in [0, 1): chooses among weighted targets. */
  readonly draw: number;
}

/** What holds for a model, however it was named. */
export type ModelSettings = Omit<ModelConfig, 'targets' | 'fallbacks'>;

export interface Plan {
  /** In the order in which they are tried; never empty. */
  readonly targets: readonly UpstreamTarget[];
  readonly settings: ModelSettings;
}

/** For `provider/model` names, which have no entry of their own. Kept equal to the schema's defaults by a test. */
export const DEFAULT_SETTINGS: ModelSettings = {
  attempts: 3,
  timeouts: { connectMs: 3_000, firstTokenMs: 30_000, idleMs: 30_000, totalMs: 600_000 },
  dropParams: false,
  log: 'metadata',
  queueMs: 0,
  rescue: 'none',
  onRefusal: 'answer',
};

export function plan(input: PlanInput): Plan {
  const { config, model, caller } = input;
  if (caller.models !== undefined && !caller.models.includes(model)) {
    throw new GatewayError('forbidden', `This key may not use the model "${model}".`, { param: 'model' });
  }
  const entry = Object.hasOwn(config.models, model) ? config.models[model] : undefined;
  if (entry !== undefined) {
    const { targets, fallbacks, ...settings } = entry;
    const ordered = [...inOrderOfDraw(targets, input.draw), ...fallbacks];
    return { targets: ordered.map((target) => resolve(config, target, input.draw)), settings };
  }
  const slash = model.indexOf('/');
  const provider = model.slice(0, Math.max(slash, 0));
  if (slash > 0 && slash < model.length - 1 && Object.hasOwn(config.providers, provider)) {
    const target = { provider, model: model.slice(slash + 1) };
    return { targets: [resolve(config, target, input.draw)], settings: DEFAULT_SETTINGS };
  }
  throw new GatewayError(
    'unknown-model',
    `The model "${model}" does not exist. GET /v1/models lists the aliases; provider/model names a provider's model.`,
    { param: 'model' },
  );
}

/** The drawn target first, the others behind it by weight: they are the nearest replacements. Weight 0 is never drawn. */
function inOrderOfDraw(targets: readonly TargetConfig[], draw: number): readonly TargetConfig[] {
  const weight = (target: TargetConfig): number => target.weight ?? 1;
  const usable = targets.filter((target) => weight(target) > 0);
  const total = usable.reduce((sum, target) => sum + weight(target), 0);
  let left = draw * total;
  const drawn = usable.find((target) => {
    left -= weight(target);
    return left < 0;
  });
  const first = drawn ?? usable[usable.length - 1];
  if (first === undefined) return [];
  return [first, ...usable.filter((target) => target !== first).sort((a, b) => weight(b) - weight(a))];
}

function resolve(config: Config, target: TargetConfig, draw: number): UpstreamTarget {
  const provider = config.providers[target.provider];
  if (provider === undefined) throw new GatewayError('misconfigured', `There is no provider "${target.provider}".`);
  const urls = provider.baseUrls ?? (provider.baseUrl === undefined ? [] : [provider.baseUrl]);
  const url = urls[Math.floor(draw * urls.length)] ?? '';
  return { provider: target.provider, config: provider, baseUrl: url.replace(/\/+$/, ''), model: target.model };
}
