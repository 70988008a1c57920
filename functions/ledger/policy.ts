/**
 * What holds for a scope: the limits and the time zone of its own item, where it has none those of its kind's template,
 * and the number of its shards.
 */
import type { Scope } from '../core/ports.ts';
import { UTC } from './calendar.ts';
import type { Limits } from './limits.ts';
import type { Meter } from './meter.ts';
import { shareLimits } from './shards.ts';

/** Kinds whose scopes are many, and come by themselves. */
export const TEMPLATE_KINDS = ['key', 'team', 'user', 'app'] as const;

/** `team:*` for `team:search`: the meter whose limits hold for every team that has none of its own. */
export function templateOf(scope: Scope): Scope | undefined {
  const kind = TEMPLATE_KINDS.find((each) => scope.startsWith(`${each}:`));
  const template = kind === undefined ? undefined : `${kind}:*`;
  return template === scope ? undefined : template;
}

export const isTemplate = (scope: Scope): boolean => TEMPLATE_KINDS.some((kind) => scope === `${kind}:*`);

export interface Policy {
  readonly limits: Limits;
  readonly timeZone: string;
  readonly shards: number;
}

/** `main` is the first item of the scope. */
export function policyOf(main: Meter, template: Meter | undefined): Policy {
  return {
    limits: { ...template?.own.limits, ...main.own.limits },
    timeZone: main.own.timeZone ?? template?.own.timeZone ?? UTC,
    shards: main.own.split ?? 1,
  };
}

/** One item of the scope, with what of the policy it has to keep. */
export function underPolicy(meter: Meter, { limits, timeZone, shards }: Policy): Meter {
  return { ...meter, limits: shareLimits(limits, shards, meter.shard), timeZone };
}

/** Whether the shards are not those that the operator wants. */
export const isMissplit = ({ own }: Meter): boolean => (own.shards ?? 1) !== (own.split ?? 1);
