/** Two targets, measured in turns so that whatever else the machine does falls on both. */
import type { LoadOptions, LoadTarget, Sample } from './load.ts';
import { median, spread } from './statistics.ts';

export interface Comparison {
  readonly perSecond: Sides;
  readonly firstByteMs: Sides;
}

export interface Sides {
  readonly direct: number;
  readonly gateway: number;
  /** Gateway ÷ direct: the median of the rounds and their extremes. */
  readonly ratio: { readonly median: number; readonly low: number; readonly high: number };
}

export interface CompareOptions extends LoadOptions {
  readonly rounds: number;
  readonly warmUp: LoadOptions;
}

export async function compare(direct: LoadTarget, gateway: LoadTarget, options: CompareOptions): Promise<Comparison> {
  await direct.round(options.warmUp);
  await gateway.round(options.warmUp);
  const rounds: { readonly direct: Sample; readonly gateway: Sample }[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    // The order changes with each round, so that neither side always finds the other's leftovers.
    if (round % 2 === 0) {
      const first = await direct.round(options);
      rounds.push({ direct: first, gateway: await gateway.round(options) });
    } else {
      const first = await gateway.round(options);
      rounds.push({ direct: await direct.round(options), gateway: first });
    }
  }
  const sides = (value: (sample: Sample) => number): Sides => ({
    direct: median(rounds.map((round) => value(round.direct))),
    gateway: median(rounds.map((round) => value(round.gateway))),
    ratio: spread(rounds.map((round) => value(round.gateway) / value(round.direct))),
  });
  return { perSecond: sides((sample) => sample.perSecond), firstByteMs: sides((sample) => median(sample.firstByteMs)) };
}
