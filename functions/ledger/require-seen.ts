import type { Value } from './attributes.ts';
import type { Expression } from './expression.ts';

/** An attribute has to be as it was seen, or absent as it was seen: whatever changed it makes the caller look again. */
export function requireSeen(expression: Expression, attribute: string, label: string, seen: Value | undefined): void {
  const path = expression.name(attribute);
  expression.require(
    seen === undefined ? `attribute_not_exists(${path})` : `${path} = ${expression.value(`seen_${label}`, seen)}`,
  );
}
