import { decodeCache } from '../../core/cache-marker.ts';
import type { ResponseFormat, Tool, ToolChoice } from '../../core/chat.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { functionTool, jsonSchemaFormat, typeOf } from '../../core/openai-parts.ts';
import { invalidRequest, parseRequest } from '../../core/parse.ts';
import { readObject } from '../../core/read.ts';
import {
  customToolSchema,
  functionToolSchema,
  jsonSchemaFormatSchema,
  namedCustomSchema,
  namedFunctionSchema,
} from './wire.ts';

export function decodeTools(tools: readonly JsonObject[]): readonly Tool[] {
  return tools.map((tool, index): Tool => {
    const at = ['tools', index];
    const type = typeOf(tool, at);
    switch (type) {
      case 'function': {
        const { function: described } = parseRequest(functionToolSchema, tool, at);
        const marker = decodeCache(tool, at);
        return {
          ...functionTool(described),
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
  const type = typeOf(value, ['tool_choice']);
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
  const type = typeOf(value, ['response_format']);
  switch (type) {
    case 'text':
      return { type };
    case 'json_object':
      return { type: 'json' };
    case 'json_schema': {
      const { json_schema: named } = parseRequest(jsonSchemaFormatSchema, value, ['response_format']);
      return jsonSchemaFormat({ ...named, schema: named.schema ?? {} });
    }
    default:
      throw invalidRequest(['response_format', 'type'], 'must be "text", "json_object" or "json_schema"');
  }
}
