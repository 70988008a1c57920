/** Entries of the configuration that speak of a provider's model by its name, or by a prefix with `*` at its end. */
export interface ModelPattern {
  readonly provider: string;
  readonly model: string;
}

/** The entry that says most about the model: an exact name wins over a prefix, a longer prefix over a shorter one. */
export function mostExact<P extends ModelPattern>(
  patterns: readonly P[],
  provider: string,
  model: string,
): P | undefined {
  let found: P | undefined;
  for (const pattern of patterns) {
    if (pattern.provider !== provider || !matches(pattern.model, model)) continue;
    if (found === undefined || precedence(pattern.model) > precedence(found.model)) found = pattern;
  }
  return found;
}

function matches(pattern: string, model: string): boolean {
  return pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model;
}

function precedence(pattern: string): number {
  return pattern.endsWith('*') ? pattern.length - 1 : Number.POSITIVE_INFINITY;
}
