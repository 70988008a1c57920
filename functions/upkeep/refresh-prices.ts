/**
 * Takes the public price catalogue into the table, if it can be read and may take the place of the one in use. Whatever
 * is wrong with it, the prices in use stay, and a metric says so.
 */
import { digestOf, type PriceStore } from '../adapters/price-store.ts';
import { toGatewayError } from '../core/errors.ts';
import type { Catalogue } from '../ledger/catalogue.ts';
import { countModels, findObjection } from '../ledger/compare-catalogues.ts';
import { compileCatalogue } from '../ledger/compile-catalogue.ts';
import { isFresh } from '../ledger/price-age.ts';

export interface RefreshOptions {
  readonly store: PriceStore;
  /** The public catalogue as JSON. */
  readonly download: () => Promise<unknown>;
  readonly deployed: () => Promise<Catalogue>;
  readonly nowMs: number;
}

export interface RefreshResult {
  readonly outcome: 'refreshed' | 'unchanged' | 'refused';
  /** In use from now on. */
  readonly version: string;
  readonly models: number;
  /** Why it was refused. */
  readonly reason?: string;
}

export async function refreshPrices({ store, download, deployed, nowMs }: RefreshOptions): Promise<RefreshResult> {
  const pointer = await store.pointer();
  const isUsed = pointer !== undefined && isFresh(pointer.checkedAtMs, nowMs);
  // One that cannot be read is used by nobody, and is to be replaced.
  const current = isUsed ? await store.load(pointer).catch(deployed) : await deployed();
  const inUse = { version: current.version, models: countModels(current) };
  const refuse = async (reason: string): Promise<RefreshResult> => {
    if (pointer !== undefined) await store.confirm(pointer, nowMs);
    return { outcome: 'refused', ...inUse, reason };
  };

  let next: Catalogue;
  try {
    next = compileCatalogue(await download(), '');
  } catch (thrown) {
    return refuse(toGatewayError(thrown).message);
  }
  const objection = findObjection(current, next, nowMs);
  if (objection !== undefined) return refuse(objection);

  const digest = digestOf(next);
  if (digest === digestOf(current)) {
    if (pointer !== undefined && pointer.digest === digest) await store.confirm(pointer, nowMs);
    return { outcome: 'unchanged', ...inUse };
  }
  const version = `genai-prices@${new Date(nowMs).toISOString().slice(0, 10)}.${digest.slice(0, 8)}`;
  const isStored = await store.publish({ ...next, version }, pointer, nowMs);
  if (!isStored) return { outcome: 'unchanged', ...inUse };
  return { outcome: 'refreshed', version, models: countModels(next) };
}
