/**
 * Builds DynamoDB expressions out of parts that have names. Every attribute goes through `#name`: half of ours (`day`,
 * `minute`, `open`, `requests`) are or may become reserved words.
 */
import type { Value } from './attributes.ts';

/** The part of an `UpdateItem` that the ledger decides. */
export interface Update {
  readonly condition: string;
  readonly update: string;
  readonly names: { readonly [placeholder: string]: string };
  readonly values: { readonly [placeholder: string]: Value };
}

export interface Expression {
  /** The placeholder of an attribute. */
  name(attribute: string): string;
  /** The placeholder of a value. One label, one value. */
  value(label: string, value: Value): string;
  require(condition: string): void;
  set(path: string, expression: string): void;
  /** Adds to a number or a set, making it where it is missing. */
  add(path: string, value: string): void;
  /** Takes out of a set. */
  delete(path: string, value: string): void;
  remove(path: string): void;
  build(): Update;
}

export function createExpression(): Expression {
  const names: Record<string, string> = {};
  const values: Record<string, Value> = {};
  const conditions: string[] = [];
  const clauses: Record<'SET' | 'ADD' | 'DELETE' | 'REMOVE', string[]> = { SET: [], ADD: [], DELETE: [], REMOVE: [] };
  return {
    name(attribute) {
      const placeholder = `#${attribute}`;
      names[placeholder] = attribute;
      return placeholder;
    },
    value(label, value) {
      const placeholder = `:${label}`;
      values[placeholder] = value;
      return placeholder;
    },
    require(condition) {
      conditions.push(condition);
    },
    set(path, expression) {
      clauses.SET.push(`${path} = ${expression}`);
    },
    add(path, value) {
      clauses.ADD.push(`${path} ${value}`);
    },
    delete(path, value) {
      clauses.DELETE.push(`${path} ${value}`);
    },
    remove(path) {
      clauses.REMOVE.push(path);
    },
    build() {
      const update = Object.entries(clauses)
        .filter(([, parts]) => parts.length > 0)
        .map(([verb, parts]) => `${verb} ${parts.join(', ')}`)
        .join(' ');
      return { condition: conditions.join(' AND '), update, names, values };
    },
  };
}
