/**
 * Which arm of an experiment a request goes to: decided by the experiment's name, the subject and the weights, and by
 * nothing else, so that every process decides alike and a subject stays where it is.
 *
 * Weighted rendezvous (see rendezvous.ts): where one arm's weight is raised only its own draws get smaller, so that subjects
 * move into it and nowhere else; where it is lowered, or the arm removed, they move out of it only. Intervals cannot do
 * that: of three in a row, the middle one moves when the first grows.
 */
import type { Config, ModelConfig } from '../core/config.ts';
import type { Caller } from '../core/ports.ts';
import { drawFor } from './rendezvous.ts';

export interface AssignInput {
  readonly config: Config;
  /** As the client asked for it. */
  readonly model: string;
  readonly caller: Caller;
  readonly requestId: string;
  readonly metadata: { readonly [name: string]: string };
}

export interface Assignment {
  readonly experiment: string;
  readonly arm: string;
  /** What the arm has instead of the alias's own. */
  readonly instead: Partial<Pick<ModelConfig, 'targets' | 'fallbacks'>>;
}

/** Undefined where no experiment divides the traffic of this model. */
export function assignArm(input: AssignInput): Assignment | undefined {
  const found = Object.entries(input.config.experiments).find(
    ([, { enabled, model }]) => enabled && model === input.model,
  );
  if (found === undefined) return undefined;
  const [experiment, { arms, subject }] = found;
  const weights = Object.entries(arms).map(([arm, { weight }]) => [arm, weight] as const);
  const arm = drawArm(experiment, weights, subjectOf(subject, input));
  if (arm === undefined) return undefined;
  const { targets, fallbacks } = arms[arm] ?? {};
  return {
    experiment,
    arm,
    instead: { ...(targets === undefined ? {} : { targets }), ...(fallbacks === undefined ? {} : { fallbacks }) },
  };
}

/** Arms of weight 0 get nobody; undefined where there is no other. Independent of the arms' order. */
export function drawArm(
  experiment: string,
  weights: readonly (readonly [arm: string, weight: number])[],
  subject: string,
): string | undefined {
  let best: { readonly arm: string; readonly draw: number } | undefined;
  for (const [arm, weight] of weights) {
    if (weight <= 0) continue;
    // Names hold no line feed, so that no two triples make the same text.
    const draw = drawFor(`${experiment}\n${arm}\n${subject}`, weight);
    if (best === undefined || draw < best.draw || (draw === best.draw && arm < best.arm)) best = { arm, draw };
  }
  return best?.arm;
}

const METADATA = 'metadata.';

/** With its kind, so that the user `42` and the team `42` are two subjects. A request that has no such thing is its key's. */
function subjectOf(subject: string, { caller, requestId, metadata }: AssignInput): string {
  if (subject === 'request') return `request:${requestId}`;
  const value = subject.startsWith(METADATA)
    ? own(metadata, subject.slice(METADATA.length))
    : subject === 'user' || subject === 'team' || subject === 'app'
      ? caller[subject]
      : undefined;
  return value === undefined ? `key:${caller.keyId}` : `${subject}:${value}`;
}

function own(metadata: { readonly [name: string]: string }, name: string): string | undefined {
  return Object.hasOwn(metadata, name) ? metadata[name] : undefined;
}
