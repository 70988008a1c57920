/**
 * DynamoDB's own attribute values, read and written without a marshaller: the ledger is on the path of every request,
 * and the SDK's `lib-dynamodb` would walk every item twice.
 */
import { GatewayError } from '../core/errors.ts';

/** What the SDK gives: looser than its own type, so that the pure layer needs no import of it. */
export interface Attribute {
  readonly S?: string;
  readonly N?: string;
  readonly BOOL?: boolean;
  readonly B?: Uint8Array;
  readonly SS?: readonly string[];
  readonly L?: readonly Attribute[];
  readonly M?: { readonly [name: string]: Attribute };
}

export type Item = { readonly [name: string]: Attribute };

/** What the SDK takes. */
export type Value =
  | { S: string }
  | { N: string }
  | { BOOL: boolean }
  | { SS: string[] }
  | { L: Value[] }
  | { M: Record<string, Value> };

/** The key of an item, of which `table.ts` has the names. */
export const itemKey = ({ pk, sk }: { readonly pk: string; readonly sk: string }) => ({ pk: { S: pk }, sk: { S: sk } });

export const text = (value: string): Value => ({ S: value });
export const number = (value: number): Value => ({ N: String(value) });
export const numbers = (values: readonly number[]): Value => ({ L: values.map(number) });
export const texts = (values: readonly string[]): Value => ({ L: values.map(text) });
export const stringSet = (values: readonly string[]): Value => ({ SS: [...values] });

/**
 * An item that holds what it must not, mostly because someone typed it. It is an error and not a default: a limit that
 * cannot be read would otherwise be a limit that does not hold.
 */
export function brokenItem(where: string, attribute: string, problem: string): GatewayError {
  return new GatewayError(
    'ledger-unavailable',
    `The item ${where} is broken: "${attribute}" ${problem}. Its operator can repair or remove the attribute.`,
  );
}

export function readText(item: Item, name: string, where: string): string | undefined {
  const attribute = item[name];
  if (attribute === undefined) return undefined;
  if (attribute.S === undefined) throw brokenItem(where, name, 'must be a string');
  return attribute.S;
}

/** Numbers, and strings that are one: the console makes it easy to leave the type at string. */
export function readNumber(item: Item, name: string, where: string): number | undefined {
  const attribute = item[name];
  return attribute === undefined ? undefined : toNumber(attribute, name, where);
}

/** What the ledger itself adds to, which DynamoDB does with numbers only. */
export function readCounter(item: Item, name: string, where: string): number | undefined {
  const attribute = item[name];
  if (attribute === undefined) return undefined;
  if (attribute.N === undefined) throw brokenItem(where, name, 'must be of type number');
  return toNumber(attribute, name, where);
}

export function readNumbers(item: Item, name: string, where: string): readonly number[] | undefined {
  const attribute = item[name];
  if (attribute === undefined) return undefined;
  if (attribute.L === undefined) throw brokenItem(where, name, 'must be a list of numbers');
  return attribute.L.map((element) => {
    if (element.N === undefined) throw brokenItem(where, name, 'must hold numbers only');
    return toNumber(element, name, where);
  });
}

export function readStringSet(item: Item, name: string, where: string): readonly string[] {
  const attribute = item[name];
  if (attribute === undefined) return [];
  if (attribute.SS === undefined) throw brokenItem(where, name, 'must be a set of strings');
  return attribute.SS;
}

/** A list or a set: an operator who types one in the console should not have to know which. */
export function readTexts(item: Item, name: string, where: string): readonly string[] | undefined {
  const attribute = item[name];
  if (attribute === undefined) return undefined;
  if (attribute.SS !== undefined) return attribute.SS;
  if (attribute.L === undefined) throw brokenItem(where, name, 'must be a list of strings');
  return attribute.L.map((element) => {
    if (element.S === undefined) throw brokenItem(where, name, 'must hold strings only');
    return element.S;
  });
}

export function readFlag(item: Item, name: string, where: string): boolean {
  const attribute = item[name];
  if (attribute === undefined) return false;
  if (attribute.BOOL === undefined) throw brokenItem(where, name, 'must be true or false');
  return attribute.BOOL;
}

function toNumber(attribute: Attribute, name: string, where: string): number {
  const typed = attribute.N ?? attribute.S?.trim();
  const value = typed === undefined || typed === '' ? Number.NaN : Number(typed);
  if (!Number.isFinite(value)) {
    throw brokenItem(where, name, `must be a number${typed === undefined ? '' : `, not "${typed.slice(0, 40)}"`}`);
  }
  return value;
}
