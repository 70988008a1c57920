import { decodeCache } from '../../core/cache-marker.ts';
import type { ResponseFormat, Tool, ToolChoice } from '../../core/chat.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { invalidRequest, parseRequest } from '../../core/parse.ts';
import { readObject } from '../../core/read.ts';
import { partType } from './decode-part.ts';
import {
  customToolSchema,
  functionToolSchema,
  jsonSchemaFormatSchema,
  namedCustomSchema,
  namedFunctionSchema,
} from './wire.ts';

/** No parameters, as a schema: every provider wants one. */
const NO_PARAMETERS: JsonObject = { type: 'object', properties: {} };

export function decodeTools(tools: readonly JsonObject[]): readonly Tool[] {
  return tools.map((tool, index): Tool => {
    const at = ['tools', index];
    const type = partType(tool, at);
    switch (type) {
      case 'function': {
        const { name, description, parameters, strict } = parseRequest(functionToolSchema, tool, at).function;
        const marker = decodeCache(tool, at);
        return {
          kind: 'function',
          name,
          ...(description ? { description } : {}),
          parameters: parameters ?? NO_PARAMETERS,
          ...(typeof strict === 'boolean' ? { strict } : {}),
          ...(marker.cache ? marker : decodeCache(readObject(tool.function), [...at, 'function'])),
        };
      }
      case 'custom': {
        const { name, description, format } = parseRequest(customToolSchema, tool, at).custom;
        return { kind: 'custom', name, ...(description ? { description } : {}), ...(format ? { format } : {}) };
      }
      default:
        return { kind: 'provider', origin: 'openai-chat', name: type, data: tool };
    }
  });
}

/** Undefined for a kind of choice that is not known here, which then travels as an extension. */
export function decodeToolChoice(value: string | JsonObject, tools: readonly Tool[]): ToolChoice | undefined {
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value };
  if (!isJsonObject(value)) throw invalidRequest(['tool_choice'], 'must be "auto", "none", "required" or an object');
  const type = partType(value, ['tool_choice']);
  if (type !== 'function' && type !== 'custom') return undefined;
  const name =
    type === 'function'
      ? parseRequest(namedFunctionSchema, value, ['tool_choice']).function.name
      : parseRequest(namedCustomSchema, value, ['tool_choice']).custom.name;
  if (!tools.some((tool) => tool.kind === type && tool.name === name)) {
    throw invalidRequest(['tool_choice', type, 'name'], `is "${name}", which is none of the tools`);
  }
  return { type: 'tool', name };
}

export function decodeResponseFormat(value: JsonObject): ResponseFormat {
  const type = partType(value, ['response_format']);
  switch (type) {
    case 'text':
      return { type };
    case 'json_object':
      return { type: 'json' };
    case 'json_schema': {
      const { name, description, schema, strict } = parseRequest(jsonSchemaFormatSchema, value, [
        'response_format',
      ]).json_schema;
      return {
        type: 'json-schema',
        name,
        ...(description ? { description } : {}),
        schema: schema ?? {},
        ...(typeof strict === 'boolean' ? { strict } : {}),
      };
    }
    default:
      throw invalidRequest(['response_format', 'type'], 'must be "text", "json_object" or "json_schema"');
  }
}
