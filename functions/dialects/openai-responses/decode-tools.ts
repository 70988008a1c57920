import type { ResponseFormat, Tool, ToolChoice } from '../../core/chat.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { functionTool, jsonSchemaFormat, typeOf } from '../../core/openai-parts.ts';
import { invalidRequest, parseRequest } from '../../core/parse.ts';
import { nestFormat } from './custom-format.ts';
import { customToolSchema, DIALECT, functionToolSchema, jsonSchemaFormatSchema, namedSchema } from './wire.ts';

export function decodeTools(tools: readonly JsonObject[]): readonly Tool[] {
  return tools.map((tool, index): Tool => {
    const at = ['tools', index];
    const type = typeOf(tool, at);
    switch (type) {
      case 'function':
        return functionTool(parseRequest(functionToolSchema, tool, at));
      case 'custom': {
        const { name, description, format } = parseRequest(customToolSchema, tool, at);
        return {
          kind: 'custom',
          name,
          ...(description ? { description } : {}),
          ...(format ? { format: nestFormat(format) } : {}),
        };
      }
      default:
        return { kind: 'provider', origin: DIALECT, name: type, data: tool };
    }
  });
}

/** Undefined for a kind of choice that is not known here, which then travels as an extension. */
export function decodeToolChoice(value: string | JsonObject, tools: readonly Tool[]): ToolChoice | undefined {
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value };
  if (!isJsonObject(value)) throw invalidRequest(['tool_choice'], 'must be "auto", "none", "required" or an object');
  const type = typeOf(value, ['tool_choice']);
  if (type !== 'function' && type !== 'custom') return undefined;
  const { name } = parseRequest(namedSchema, value, ['tool_choice']);
  if (!tools.some((tool) => tool.kind === type && tool.name === name)) {
    throw invalidRequest(['tool_choice', 'name'], `is "${name}", which is none of the tools`);
  }
  return { type: 'tool', name };
}

export function decodeTextFormat(value: JsonObject): ResponseFormat {
  const at = ['text', 'format'];
  switch (typeOf(value, at)) {
    case 'text':
      return { type: 'text' };
    case 'json_object':
      return { type: 'json' };
    case 'json_schema':
      return jsonSchemaFormat(parseRequest(jsonSchemaFormatSchema, value, at));
    default:
      throw invalidRequest([...at, 'type'], 'must be "text", "json_object" or "json_schema"');
  }
}
