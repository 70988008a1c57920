/** What follows from an experiment's figures, in numbers and in plain sentences. */
import type { Arm, Score } from './experiment-query.ts';
import {
  differenceOfMeans,
  differenceOfShares,
  type Interval,
  meanInterval,
  type Sample,
  shareInterval,
} from './intervals.ts';

export interface Difference {
  /** Against the control. */
  readonly value: number;
  readonly interval: Interval | null;
}

export interface Comparison {
  readonly arm: string;
  /** Of a request, in USD. */
  readonly cost: Difference;
  /** The same as a part of the control's; null where that costs nothing. */
  readonly costShare: number | null;
  /** Of the shares of errors. */
  readonly errors: Difference;
  /** Of the medians, as a part of the control's; there is no interval. */
  readonly latencyShare: number | null;
  readonly scores: readonly (Difference & { readonly label: string | null })[];
  readonly sentence: string;
}

/** The arm that is called control, or else the one with the most requests. */
export function controlOf(arms: readonly Arm[], named?: string): Arm | undefined {
  if (named !== undefined) return arms.find(({ arm }) => arm === named);
  const most = arms.reduce<Arm | undefined>(
    (best, arm) => (arm.requests > (best?.requests ?? 0) ? arm : best),
    undefined,
  );
  return arms.find(({ arm }) => arm === 'control') ?? most;
}

/** Scores that are 0 or 1 are a share, by Wilson; others a mean, by Student's t. */
export function scoreInterval(score: Score): Interval | null {
  return (isShare(score) ? shareInterval(score.ones, score.count) : meanInterval(score)) ?? null;
}

export const isShare = ({ zeros, ones, count }: Score): boolean => zeros + ones === count;

export function compareArms(arm: Arm, control: Arm): Comparison {
  const usd = ({ count, mean, variance }: Sample): Sample => ({ count, mean: mean / 1e9, variance: variance / 1e18 });
  const [own, other] = [usd(arm.cost), usd(control.cost)];
  const parts = {
    arm: arm.arm,
    cost: difference(own.mean - other.mean, differenceOfMeans(own, other)),
    costShare: share(own.mean, other.mean),
    errors: difference(
      arm.errors / arm.requests - control.errors / control.requests,
      differenceOfShares({ hits: arm.errors, count: arm.requests }, { hits: control.errors, count: control.requests }),
    ),
    latencyShare: share(arm.totalMs.p50, control.totalMs.p50),
    scores: arm.scores.flatMap((score) => {
      const against = control.scores.find(({ label }) => label === score.label);
      return against === undefined ? [] : [{ label: score.label, ...scoreDifference(score, against) }];
    }),
  };
  return { ...parts, sentence: sentenceOf(parts, control.arm) };
}

function scoreDifference(score: Score, against: Score): Difference {
  const interval =
    isShare(score) && isShare(against)
      ? differenceOfShares({ hits: score.ones, count: score.count }, { hits: against.ones, count: against.count })
      : differenceOfMeans(score, against);
  return difference(score.mean - against.mean, interval);
}

const difference = (value: number, interval: Interval | undefined): Difference => ({
  value,
  interval: interval ?? null,
});

function share(own: number | null, other: number | null): number | null {
  return own === null || other === null || other === 0 ? null : own / other - 1;
}

function sentenceOf(of: Omit<Comparison, 'sentence'>, control: string): string {
  const parts = [
    costPart(of, control),
    ...(of.latencyShare === null ? [] : [latencyPart(of.latencyShare)]),
    errorPart(of.errors),
    ...of.scores.map((score) => scorePart(score)),
    ...(of.scores.length === 0 ? ['there are no scores to compare'] : []),
  ];
  return `Arm ${of.arm} ${parts.join('; ')}.`;
}

function costPart({ cost, costShare }: Omit<Comparison, 'sentence'>, control: string): string {
  if (cost.value === 0) return `costs the same a request as ${control}`;
  const much = costShare === null ? `$${Math.abs(cost.value).toPrecision(2)}` : `${percent(Math.abs(costShare))}`;
  return `costs ${much} ${cost.value < 0 ? 'less' : 'more'} a request than ${control}${chance(cost)}`;
}

function latencyPart(value: number): string {
  if (Math.abs(value) < 0.005) return 'its median latency is the same';
  return `its median latency is ${percent(Math.abs(value))} ${value < 0 ? 'lower' : 'higher'}`;
}

function errorPart(errors: Difference): string {
  if (errors.value === 0) return 'it fails as often';
  const points = (Math.abs(errors.value) * 100).toFixed(1);
  return `it fails in ${points} percentage points ${errors.value < 0 ? 'fewer' : 'more'} of its requests${chance(errors)}`;
}

function scorePart(score: Difference & { readonly label: string | null }): string {
  const name = score.label === null ? 'its score' : `its score for ${score.label}`;
  const rounded = Number(Math.abs(score.value).toPrecision(2));
  if (rounded === 0) return `${name} is the same`;
  return `${name} is ${score.value < 0 ? 'lower' : 'higher'} by ${rounded}${chance(score)}`;
}

/** Nothing is said where the interval lies on one side of 0. */
function chance({ interval }: Difference): string {
  if (interval === null) return ', too few to say';
  return interval.low <= 0 && interval.high >= 0 ? ', within chance' : '';
}

const percent = (share: number): string => `${share < 0.1 ? (share * 100).toFixed(1) : (share * 100).toFixed(0)} %`;
