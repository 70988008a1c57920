/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools */
import { decodeCache } from '../../core/cache-marker.ts';
import type { Tool, ToolChoice } from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { invalidRequest, parseRequest } from '../../core/parse.ts';
import { blockType, extensionsOf } from './decode-content.ts';
import { namedToolSchema, toolChoiceSchema, toolSchema } from './wire.ts';

const FUNCTION_FIELDS = ['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'];

export function decodeTools(tools: readonly JsonObject[]): readonly Tool[] {
  return tools.map((tool, index): Tool => {
    const at = ['tools', index];
    const type = tool.type === undefined || tool.type === null ? 'custom' : blockType(tool, at);
    if (type !== 'custom') {
      // Also those that the client runs, as `bash_20250124`: what they are is known to Claude alone.
      const name = typeof tool.name === 'string' ? tool.name : type;
      return { kind: 'provider', origin: 'anthropic-messages', name, data: tool };
    }
    const { name, description, input_schema: parameters, strict } = parseRequest(toolSchema, tool, at);
    return {
      kind: 'function',
      name,
      ...(description ? { description } : {}),
      parameters,
      ...(typeof strict === 'boolean' ? { strict } : {}),
      ...decodeCache(tool, at),
      ...extensionsOf(tool, FUNCTION_FIELDS, at),
    };
  });
}

export interface DecodedChoice {
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
}

/** Undefined for a kind of choice that is not known here, which then travels as an extension. */
export function decodeToolChoice(choice: JsonObject, tools: readonly Tool[]): DecodedChoice | undefined {
  const at = ['tool_choice'];
  const type = blockType(choice, at);
  const { disable_parallel_tool_use: serial } = parseRequest(toolChoiceSchema, choice, at);
  const parallel = typeof serial === 'boolean' ? { parallelToolCalls: !serial } : {};
  switch (type) {
    case 'auto':
    case 'none':
      return { toolChoice: { type }, ...parallel };
    case 'any':
      return { toolChoice: { type: 'required' }, ...parallel };
    case 'tool': {
      const { name } = parseRequest(namedToolSchema, choice, at);
      // Sets of tools, as an MCP server's, have names that are not in the request.
      if (tools.every((tool) => tool.kind === 'function') && !tools.some((tool) => tool.name === name)) {
        throw invalidRequest(['tool_choice', 'name'], `is "${name}", which is none of the tools`);
      }
      return { toolChoice: { type, name }, ...parallel };
    }
    default:
      return undefined;
  }
}
