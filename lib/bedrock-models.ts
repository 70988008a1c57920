/**
 * The models of Bedrock that a configuration can ask for with the function's own credentials, as the ARNs that asking
 * takes. https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
 */
import type { Config, ProviderConfig, TargetConfig } from '../functions/core/config.ts';

export interface Surroundings {
  readonly partition: string;
  readonly account: string;
  /** Where a provider names none. */
  readonly region: string;
}

/** Of a profile that spreads over a continent, or all of them: `us.anthropic.claude-…`, `global.anthropic.claude-…`. */
const SPREADS = /^(?:[a-z]{2}(?:-gov)?|apac|global)\.(?=[^.]+\.)/;

/** Whatever else Bedrock refuses by itself; a wildcard must not get into a policy. */
const MODEL_ID = /^[\w.:-]+$/;
const MODEL_ARN = /^arn:[\w-]+:[\w-]+:[\w-]*:\d*:([\w-]+)\/[\w./:-]+$/;

/** Stand for models that their ARN does not name. */
const STAND_INS = ['application-inference-profile', 'inference-profile', 'default-prompt-router', 'prompt-router'];

export const signsItself = ({ dialect, secret }: ProviderConfig): boolean =>
  dialect === 'bedrock-converse' && secret === undefined;

export function bedrockArns(config: Config, surroundings: Surroundings): readonly string[] {
  const { partition, account } = surroundings;
  const arns = targetsOf(config).flatMap(({ provider: name, model }) => {
    const provider = config.providers[name];
    if (provider === undefined || !signsItself(provider)) return [];
    const { region = surroundings.region } = provider;
    const kind = MODEL_ARN.exec(model)?.[1];
    if (kind !== undefined) {
      if (!STAND_INS.includes(kind)) return [model];
      // Asked for with the profile, and for the one behind it, where that is not the model's own.
      return [
        model,
        `arn:${partition}:bedrock:*::foundation-model/*`,
        `arn:${partition}:bedrock:*:${account}:inference-profile/*`,
      ];
    }
    if (!MODEL_ID.test(model)) return [];
    const base = model.replace(SPREADS, '');
    if (base === model) return [`arn:${partition}:bedrock:${region}::foundation-model/${model}`];
    return [
      `arn:${partition}:bedrock:${region}:${account}:inference-profile/${model}`,
      // In all of the profile's regions, which AWS adds to; of the global ones the ARN has none.
      `arn:${partition}:bedrock:*::foundation-model/${base}`,
    ];
  });
  return [...new Set(arns)].sort();
}

/** All that a configuration names. What a request names itself, `provider/model`, it does not. */
function targetsOf({ models, experiments }: Config): readonly Pick<TargetConfig, 'provider' | 'model'>[] {
  const arms = Object.values(experiments).flatMap((experiment) => Object.values(experiment.arms));
  return [
    ...Object.values(models).flatMap(({ targets, fallbacks, shadow }) => [
      ...targets,
      ...fallbacks,
      ...(shadow ? [shadow] : []),
    ]),
    ...arms.flatMap(({ targets = [], fallbacks = [] }) => [...targets, ...fallbacks]),
  ];
}
