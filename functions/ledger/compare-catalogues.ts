/** Whether a new catalogue may take the place of the one in use: a file can be well-formed and still be wrong. */
import { type Catalogue, type CatalogueModel, pricesAt } from './catalogue.ts';
import type { ListPrice } from './resolve-rates.ts';

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
  /** The greater of the changes of input and output, up or down; from something to nothing it has no end. */
  readonly ratio: number;
}

function changesOf(current: Catalogue, next: Catalogue, atMs: number): readonly Change[] {
  return current.providers.flatMap(({ id, models }) => {
    const renewed = new Map(
      next.providers.find((provider) => provider.id === id)?.models.map((each) => [each[0], each]),
    );
    return models.flatMap((model) => {
      const other = renewed.get(model[0]);
      if (other === undefined) return [];
      const [was, is] = [basesOf(model, atMs), basesOf(other, atMs)];
      const ratio = Math.max(...was.map((price, index) => ratioOf(price, is[index])));
      return [{ name: `${id}/${model[0]}`, ratio }];
    });
  });
}

function basesOf([, , prices]: CatalogueModel, atMs: number): readonly (number | undefined)[] {
  const list = pricesAt(prices, atMs);
  return [list.input_mtok, list.output_mtok].map(baseOf);
}

function baseOf(price: ListPrice | undefined): number | undefined {
  return typeof price === 'object' ? price.base : price;
}

/** What was free or unknown may become anything; what had a price may not come to cost nothing. */
function ratioOf(was: number | undefined, is: number | undefined): number {
  if (was === undefined || was === 0) return 1;
  if (is === undefined || is === 0) return JUMP + 1;
  return Math.max(was / is, is / was);
}
