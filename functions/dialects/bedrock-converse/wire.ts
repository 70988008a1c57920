/**
 * What is read and written of the Converse API, as JSON: the AWS SDK signs and sends it, and never looks inside, so that
 * fields it does not know yet survive.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html · …_ConverseStream.html
 */
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

export const DIALECT = 'bedrock-converse';

export type Operation = 'converse' | 'converse-stream' | 'invoke';

/** A model is named by its id, by an inference profile (`eu.anthropic.…`) or by an ARN, which holds slashes. */
export function operationPath(model: string, operation: Operation): string {
  return `/model/${encodeURIComponent(model)}/${operation}`;
}

/** The one member of a union and its name: content blocks, deltas and starts are all written so. */
export function readUnion(value: Json | undefined): readonly [name: string, member: Json] | undefined {
  if (!isJsonObject(value)) return undefined;
  const entry = Object.entries(value).find(([, member]) => member !== undefined && member !== null);
  return entry === undefined ? undefined : [entry[0], entry[1] ?? null];
}

/** Throws `upstream-malformed` where the provider's JSON lacks what its dialect cannot do without. */
export function expectObject(value: Json | undefined, what: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new GatewayError('upstream-malformed', `The provider sent an unreadable ${what}`, { cause: value });
}

/** Undefined where the text is not JSON: what that means is the caller's to say. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
