/** What both of OpenAI's dialects have in common of content and tools that a client sends. */
import type { AudioPart, ImagePart, ResponseFormat, TextPart, Tool } from './chat.ts';
import type { JsonObject } from './json.ts';
import { invalidRequest, type Path } from './parse.ts';

export function typeOf(value: JsonObject, at: Path): string {
  if (typeof value.type === 'string') return value.type;
  throw invalidRequest([...at, 'type'], value.type === undefined ? 'is missing' : 'must be a string');
}

/** The text of a message, or its parts. `decode` reads one part. */
export function decodeContent<P>(
  content: string | readonly JsonObject[],
  at: Path,
  decode: (part: JsonObject, at: Path) => P,
): readonly (P | TextPart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.map((part, index) => decode(part, [...at, index]));
}

const AUDIO_TYPES: ReadonlyMap<string, string> = new Map([
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
]);

export function audioPart({ data, format }: { readonly data: string; readonly format: string }): AudioPart {
  return { type: 'audio', source: { type: 'base64', mediaType: AUDIO_TYPES.get(format) ?? `audio/${format}`, data } };
}

/** A detail that is not known is each provider's own default. */
export function imageDetail(detail: string | null | undefined): Pick<ImagePart, 'detail'> {
  return detail === 'low' || detail === 'high' || detail === 'auto' ? { detail } : {};
}

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly strict?: boolean | null | undefined;
}

/** No parameters, as a schema: every provider wants one. */
const NO_PARAMETERS: JsonObject = { type: 'object', properties: {} };

export function functionTool(
  fields: Described & { readonly parameters?: JsonObject | null | undefined },
): Extract<Tool, { kind: 'function' }> {
  const { name, description, parameters, strict } = fields;
  return {
    kind: 'function',
    name,
    ...(description ? { description } : {}),
    parameters: parameters ?? NO_PARAMETERS,
    ...(typeof strict === 'boolean' ? { strict } : {}),
  };
}

export function jsonSchemaFormat(fields: Described & { readonly schema: JsonObject }): ResponseFormat {
  const { name, description, schema, strict } = fields;
  return {
    type: 'json-schema',
    name,
    ...(description ? { description } : {}),
    schema,
    ...(typeof strict === 'boolean' ? { strict } : {}),
  };
}
