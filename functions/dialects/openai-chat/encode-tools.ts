import type { AliasRule } from '../../core/alias.ts';
import type { ChatRequest, Tool, ToolCallPart } from '../../core/chat.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { present } from '../../core/present.ts';

/** https://platform.openai.com/docs/api-reference/chat/create: `function.name`. Compatible servers take no more. */
export const TOOL_NAMES: AliasRule = {
  allowed: /^[a-zA-Z0-9_-]{1,64}$/,
  replaced: /[^a-zA-Z0-9_-]/g,
  maxLength: 64,
};
/** OpenAI minds no id. A provider that does has a quirk for it. */
export const ANY_ID: AliasRule = { allowed: /^/, replaced: /$^/, maxLength: Number.MAX_SAFE_INTEGER };

export interface ToolContext {
  toolName(name: string): string;
  /** The provider knows no free-text tools: they go out as functions with the one argument `input`. */
  readonly asFunctions: boolean;
  drop(what: string): void;
}

export function encodeTools(tools: readonly Tool[], context: ToolContext): readonly Json[] | undefined {
  const encoded = tools.flatMap((tool, index) => encodeTool(tool, `tools[${index}]`, context));
  return encoded.length === 0 ? undefined : encoded;
}

function encodeTool(tool: Tool, path: string, context: ToolContext): readonly JsonObject[] {
  switch (tool.kind) {
    case 'function': {
      const { description, parameters, strict } = tool;
      const name = context.toolName(tool.name);
      return [{ type: 'function', function: present({ name, description, parameters, strict }) }];
    }
    case 'custom': {
      const { description, format } = tool;
      const name = context.toolName(tool.name);
      if (!context.asFunctions) return [{ type: 'custom', custom: present({ name, description, format }) }];
      // A grammar for the text has no counterpart.
      if (format !== undefined && format.type !== 'text') context.drop(`${path}.custom.format`);
      const parameters = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };
      return [{ type: 'function', function: present({ name, description, parameters }) }];
    }
    case 'provider':
      if (tool.origin === 'openai-chat') return [tool.data];
      context.drop(`tools: ${tool.name}`);
      return [];
  }
}

export function encodeToolChoice(request: ChatRequest, context: ToolContext): Json | undefined {
  const { toolChoice, tools } = request;
  if (toolChoice?.type !== 'tool') return toolChoice?.type;
  const name = context.toolName(toolChoice.name);
  const custom = tools.some((tool) => tool.kind === 'custom' && tool.name === toolChoice.name);
  return custom && !context.asFunctions
    ? { type: 'custom', custom: { name } }
    : { type: 'function', function: { name } };
}

export function encodeToolCall(part: ToolCallPart, context: ToolContext): JsonObject {
  const name = context.toolName(part.name);
  if (part.kind === 'function') {
    const given = part.arguments.trim() === '' ? '{}' : part.arguments;
    return { id: part.id, type: 'function', function: { name, arguments: given } };
  }
  if (!context.asFunctions) return { id: part.id, type: 'custom', custom: { name, input: part.arguments } };
  return { id: part.id, type: 'function', function: { name, arguments: JSON.stringify({ input: part.arguments }) } };
}
