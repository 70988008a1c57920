/**
 * Names that a provider refuses, as names that it takes: deterministic, and never two originals on one alias.
 *
 * What is allowed keeps its name. What is not gets its readable rest and a hash of the original, so that the alias does
 * not depend on what else is in the request: a conversation's prefix stays the same from turn to turn, and so does the
 * provider's prompt cache.
 */
export interface AliasRule {
  /** Tests one whole value, without the flags `g` and `y`. */
  readonly allowed: RegExp;
  /** Everything but these is replaced by `_`. */
  readonly replaced: RegExp;
  readonly maxLength: number;
  /** Where there is no room for a readable rest: the alias is the hash alone, letters and digits, `maxLength` (≤ 14) long. */
  readonly hashOnly?: boolean;
}

export interface Aliases {
  /** The alias of a value that was given to `createAliases`, and of any other value as it would have been alone. */
  of(value: string): string;
  /** Alias → original, only where they differ. */
  readonly originals: ReadonlyMap<string, string>;
}

export function createAliases(values: Iterable<string>, rule: AliasRule): Aliases {
  const unique = [...new Set(values)];
  const taken = new Set(unique.filter((value) => rule.allowed.test(value)));
  const aliases = new Map<string, string>();
  const originals = new Map<string, string>();
  for (const value of unique) {
    if (taken.has(value)) continue;
    let alias = aliasFor(value, rule);
    for (let attempt = 2; taken.has(alias); attempt += 1) alias = aliasFor(value, rule, attempt);
    taken.add(alias);
    aliases.set(value, alias);
    originals.set(alias, value);
  }
  return {
    of: (value) => aliases.get(value) ?? (rule.allowed.test(value) ? value : aliasFor(value, rule)),
    originals,
  };
}

function aliasFor(value: string, rule: AliasRule, attempt = 1): string {
  const hashed = hash(attempt === 1 ? value : `${attempt}:${value}`);
  if (rule.hashOnly === true) return hashed.slice(-rule.maxLength);
  const suffix = `_${hashed}`;
  return value.slice(0, rule.maxLength - suffix.length).replace(rule.replaced, '_') + suffix;
}

/** FNV-1a over UTF-16 code units, twice with different constants: 64 bits in 14 characters of base 36. */
function hash(value: string): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let index = 0; index < value.length; index += 1) {
    const unit = value.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
  }
  return half(high) + half(low);
}

function half(bits: number): string {
  return (bits >>> 0).toString(36).padStart(7, '0');
}
