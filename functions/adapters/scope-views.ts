/**
 * Scopes as the ledger sees them: the items of a meter with the policy that its first item and its kind's template make.
 * From memory, where that will do.
 */
import type { Scope } from '../core/ports.ts';
import { type Meter, type MeterRef, parseMeter } from '../ledger/meter.ts';
import { isMissplit, type Policy, policyOf, templateOf, underPolicy } from '../ledger/policy.ts';
import type { MeterStore } from './dynamo-meters.ts';

export interface ScopeView {
  readonly scope: Scope;
  readonly policy: Policy;
  readonly template: Scope | undefined;
  /** The items that may be charged, under the policy. */
  readonly shards: readonly Meter[];
  /** The shards are being changed, or have to be: nothing may be reserved until that is done. */
  readonly unsettled: boolean;
}

export interface ScopeViews {
  /** From memory; undefined where the scope or its template was never seen. */
  seen(scope: Scope): ScopeView | undefined;
  /** As they are now, all their items included. */
  read(scopes: readonly Scope[]): Promise<readonly ScopeView[]>;
  /**
   * What the policies are made of, as it is now, in one read: templates, and first items where they are not charged
   * themselves. Seen by `seen` from then on.
   */
  refreshPolicies(scopes: readonly Scope[]): Promise<void>;
}

const first = (scope: Scope): MeterRef => ({ scope, shard: 0 });

export function createScopeViews(meters: MeterStore): ScopeViews {
  const seen = (scope: Scope): ScopeView | undefined => {
    const main = meters.seen(first(scope));
    const template = templateOf(scope);
    const model = template === undefined ? undefined : meters.seen(first(template));
    if (main === undefined || (template !== undefined && model === undefined)) return undefined;
    const policy = policyOf(main, model);
    const shards = Array.from({ length: policy.shards }, (_, shard) => {
      const known = shard === 0 ? main : meters.seen({ scope, shard });
      return underPolicy(known ?? parseMeter(scope, undefined, shard), policy);
    });
    return { scope, policy, template, shards, unsettled: isMissplit(main) || main.own.resharding !== undefined };
  };

  /** They were read just now: memory is bounded, but not that small. */
  const present = (scopes: readonly Scope[]): readonly ScopeView[] =>
    scopes.flatMap((scope) => {
      const view = seen(scope);
      return view === undefined ? [] : [view];
    });

  const sourcesOf = (scopes: readonly Scope[]): readonly MeterRef[] =>
    scopes.flatMap((scope) => {
      const template = templateOf(scope);
      return [first(scope), ...(template === undefined ? [] : [first(template)])];
    });

  return {
    seen,

    async read(scopes) {
      // The shards that there were last time, in the same read: mostly they are those that there are.
      const remembered = scopes.flatMap((scope) => seen(scope)?.shards.slice(1) ?? []);
      await meters.read([...sourcesOf(scopes), ...remembered]);
      const missing = present(scopes).flatMap(({ shards }) =>
        shards
          .slice(1)
          .filter(({ scope, shard }) => !remembered.some((had) => had.scope === scope && had.shard === shard)),
      );
      await meters.read(missing);
      return present(scopes);
    },

    async refreshPolicies(scopes) {
      const refs = sourcesOf(scopes).filter(({ scope }) => {
        const view = scopes.includes(scope) ? seen(scope) : undefined;
        // An item that is charged tells by its condition whether what is typed on it has changed.
        return view === undefined || view.policy.shards > 1 || Object.keys(view.policy.limits).length === 0;
      });
      await meters.read(refs);
    },
  };
}

/** The items to count a request on where nothing was reserved: always the same one for the same request. */
export async function counters(views: ScopeViews, scopes: readonly Scope[], marker: string): Promise<readonly Meter[]> {
  const unknown = scopes.filter((scope) => views.seen(scope) === undefined);
  if (unknown.length > 0) await views.read(unknown);
  return scopes.flatMap((scope) => {
    const shards = views.seen(scope)?.shards ?? [];
    return shards[hashOf(marker) % shards.length] ?? [];
  });
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** All items of the scopes, those included that were shards once. */
export async function readEveryShard(meters: MeterStore, scopes: readonly Scope[]): Promise<readonly Meter[]> {
  const mains = await meters.read(scopes.map(first));
  const others = mains.flatMap(({ scope, own }) =>
    Array.from({ length: Math.max(own.made ?? 1, own.split ?? 1) - 1 }, (_, index) => ({ scope, shard: index + 1 })),
  );
  return [...mains, ...(await meters.read(others))];
}
