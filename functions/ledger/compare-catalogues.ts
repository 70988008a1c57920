/** Whether a new catalogue may take the place of the one in use: a file can be well-formed and still be wrong. */
import { type Catalogue, findModel, pricesAt } from './catalogue.ts';
import { type ModelPrice, type Rates, ratesAt } from './prices.ts';
import { modelPriceOf } from './resolve-rates.ts';

/** Models come and go by the dozen; a fifth of them at once is a broken file. */
const LEAST_SHARE = 0.8;
/** Of providers with fewer models, one may leave the catalogue. */
const SMALL_PROVIDER = 10;
/** The greatest fall of a list price so far was 90 % (2025–2026), so a price that moves by more is looked at twice. */
const JUMP = 10;
/** As many jumps at once are an error of a unit or of a column. */
const MOST_JUMPS = 0.02;
/** And one such jump is enough. */
const LEAP = 100;

/** Undefined where it may; otherwise what speaks against it. */
export function findObjection(current: Catalogue, next: Catalogue, atMs: number): string | undefined {
  const [before, after] = [countModels(current), countModels(next)];
  if (after < before * LEAST_SHARE) return `It has ${after} models, where the one in use has ${before}.`;
  for (const { id, models } of current.providers) {
    const left = next.providers.find((provider) => provider.id === id)?.models.length ?? 0;
    if (models.length >= SMALL_PROVIDER && left < models.length / 2) {
      return `The provider "${id}" has ${left} models, where it has ${models.length} in the one in use.`;
    }
  }
  const ratios = changesOf(current, next, atMs);
  const leap = ratios.find(({ ratio }) => ratio > LEAP);
  if (leap !== undefined) return `The price of ${leap.name} would change by more than ${LEAP} times.`;
  const jumps = ratios.filter(({ ratio }) => ratio > JUMP);
  if (jumps.length <= Math.max(1, ratios.length * MOST_JUMPS)) return undefined;
  return `The prices of ${jumps.length} models would change by more than ${JUMP} times, among them ${jumps[0]?.name}.`;
}

export function countModels(catalogue: Catalogue): number {
  return catalogue.providers.reduce((sum, { models }) => sum + models.length, 0);
}

interface Change {
  readonly name: string;
  /** The greatest change of any class and size of prompt, up or down, now and soon. */
  readonly ratio: number;
}

const DAY_MS = 86_400_000;
/** A price may be announced: what is in force tomorrow, and in a month, is looked at too. */
const SOON_MS = [0, DAY_MS, 30 * DAY_MS];

/**
 * By what a request would be charged, not entry by entry: a new entry whose pattern takes in another model changes the
 * price of that one.
 */
function changesOf(current: Catalogue, next: Catalogue, nowMs: number): readonly Change[] {
  return current.providers.flatMap(({ id: provider, models }) =>
    models.flatMap(([id]) => {
      const was = findModel(current, provider, id);
      const is = findModel(next, provider, id);
      if (was === undefined || is === undefined) return [];
      const ratios = SOON_MS.map((ms) =>
        compare(modelPriceOf(pricesAt(was.prices, nowMs + ms)), modelPriceOf(pricesAt(is.prices, nowMs + ms))),
      );
      return [{ name: `${provider}/${id}`, ratio: Math.max(...ratios) }];
    }),
  );
}

function compare(was: ModelPrice | undefined, is: ModelPrice | undefined): number {
  if (was === undefined) return 1;
  if (is === undefined) return JUMP + 1;
  const sizes = [0, ...[...was.tiers, ...is.tiers].map((tier) => tier.aboveInputTokens + 1)];
  return Math.max(...sizes.map((size) => greatestRatio(ratesAt(was, size), ratesAt(is, size))));
}

function greatestRatio(was: Rates, is: Rates): number {
  return Math.max(...(Object.keys(was) as (keyof Rates)[]).map((name) => ratioOf(was[name], is[name])));
}

/** What was free may become anything; what had a price may not come to cost nothing. */
function ratioOf(was: number, is: number): number {
  if (was === 0) return 1;
  return is === 0 ? JUMP + 1 : Math.max(was / is, is / was);
}
