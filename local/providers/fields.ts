/** Reading JSON that a validator has looked at, or that may be anything: what does not fit is as if it were not there. */
import { isJsonObject, type Json, type JsonObject } from '../../functions/core/json.ts';
import { digest } from './seed.ts';

export function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return listOf(value).filter(isJsonObject);
}

export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Content is text, or parts of which some are text. */
export function contentText(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => textOf(part.text))
    .filter((text) => text !== '')
    .join('\n');
}

/** What decides the answer. Not how it is asked for: streamed or not, with which cap, under which fault. */
const ASKED = ['system', 'messages', 'tools', 'response_format', 'output_config', 'seed'];

export function seedOf(body: JsonObject, model: string, asked: readonly string[] = ASKED): string {
  return digest(JSON.stringify([model, ...asked.map((name) => body[name])]));
}
