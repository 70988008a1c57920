/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html */
import type { Aliases, AliasRule } from '../../core/alias.ts';
import type { ChatRequest, Tool } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { objectSchema, strictSchema } from '../../core/object-schema.ts';
import { toolCalls } from '../../core/tool-aliases.ts';
import { cachePoint } from './encode-part.ts';
import type { ModelTraits } from './model-traits.ts';
import { DIALECT } from './wire.ts';

export const TOOL_NAMES: AliasRule = { allowed: /^[a-zA-Z0-9_-]{1,64}$/, replaced: /[^a-zA-Z0-9_-]/g, maxLength: 64 };

export interface EncodedTools {
  readonly toolConfig?: JsonObject;
  /** Claude's own `tool_choice`, below `additionalModelRequestFields`. */
  readonly toolChoice?: JsonObject;
}

interface ToolContext {
  readonly traits: ModelTraits;
  readonly names: Aliases;
  readonly drop: (parameter: string) => void;
}

/**
 * Converse can say `auto`, `any` and `tool`. What else there is to say goes to Claude in its own words, and then all of
 * it: the API refuses a choice in both places ("The additional field tool_choice/type conflicts with the existing field
 * toolConfig.toolChoice.tool", BerriAI/litellm #36536). For other models `none` leaves the tools out; where the history
 * holds calls it cannot, because the API wants `toolConfig` for those ("The toolConfig field must be defined when using
 * toolUse and toolResult content blocks").
 */
export function encodeTools(request: ChatRequest, context: ToolContext): EncodedTools {
  const { traits, names, drop } = context;
  const choice = request.toolChoice ?? { type: 'auto' };
  const forced = choice.type === 'required' || choice.type === 'tool';
  if (forced && request.tools.length === 0) {
    throw new GatewayError('invalid-request', 'tool_choice forces a tool, but there are no tools', {
      param: 'tool_choice',
    });
  }
  const offered = request.tools.flatMap((tool, index) => encodeTool(tool, `tools[${index}]`, context));
  if (choice.type === 'tool' && !offered.some((tool) => isNamed(tool, names.of(choice.name)))) {
    throw new GatewayError('invalid-request', `tool_choice names the tool "${choice.name}", which is not offered`, {
      param: 'tool_choice',
    });
  }
  const called = [...new Set(toolCalls(request).map((call) => names.of(call.name)))];
  const tools = offered.length > 0 ? offered : called.map(declare);
  if (tools.length === 0) return {};

  const silent = choice.type === 'none' || request.tools.length === 0;
  const serial = request.parallelToolCalls === false;
  if (silent && traits.claude !== undefined) return { toolConfig: { tools }, toolChoice: { type: 'none' } };
  if (silent) {
    if (called.length === 0) return {};
    if (choice.type === 'none') drop('tool_choice');
    return { toolConfig: { tools } };
  }
  if (serial && traits.claude === undefined) drop('parallel_tool_calls');
  if (forced && traits.forcedTools === 'nothing') drop('tool_choice');
  const allowed = forced && traits.forcedTools === 'nothing' ? ({ type: 'auto' } as const) : choice;
  if (serial && traits.claude !== undefined) {
    return { toolConfig: { tools }, toolChoice: { ...claudeChoice(allowed, names), disable_parallel_tool_use: true } };
  }
  if (allowed.type === 'required') return { toolConfig: { tools, toolChoice: { any: {} } } };
  if (allowed.type !== 'tool') {
    return { toolConfig: { tools, ...(request.toolChoice === undefined ? {} : { toolChoice: { auto: {} } }) } };
  }
  const name = names.of(allowed.name);
  if (traits.forcedTools === 'tool') return { toolConfig: { tools, toolChoice: { tool: { name } } } };
  // Any tool, where there is only one, is that tool.
  const only = tools.filter((tool) => isNamed(tool, name));
  return { toolConfig: { tools: only, toolChoice: { any: {} } } };
}

function claudeChoice(choice: NonNullable<ChatRequest['toolChoice']>, names: Aliases): JsonObject {
  if (choice.type === 'tool') return { type: 'tool', name: names.of(choice.name) };
  return { type: choice.type === 'required' ? 'any' : 'auto' };
}

function isNamed(tool: JsonObject, name: string): boolean {
  const { toolSpec } = tool as { readonly toolSpec?: { readonly name?: string } };
  return toolSpec?.name === name;
}

/** A tool that is no longer on offer, but that the history calls. */
function declare(name: string): JsonObject {
  return { toolSpec: { name, inputSchema: { json: { type: 'object' } } } };
}

function encodeTool(tool: Tool, path: string, { traits, names, drop }: ToolContext): readonly JsonObject[] {
  switch (tool.kind) {
    case 'provider':
      if (tool.origin === DIALECT) return [tool.data];
      drop(path);
      return [];
    case 'custom': {
      // Free text is a function with one string. A grammar for it has no counterpart.
      if (tool.format !== undefined && tool.format.type !== 'text') drop(`${path}.custom.format`);
      const json = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };
      return [{ toolSpec: { name: names.of(tool.name), ...describe(tool.description), inputSchema: { json } } }];
    }
    case 'function': {
      const strict = tool.strict === true && traits.structuredOutputs;
      if (tool.strict === true && !strict) drop(`${path}.function.strict`);
      const toolSpec = {
        name: names.of(tool.name),
        ...describe(tool.description),
        inputSchema: {
          json: strict ? strictSchema(tool.parameters, `${path}.function.parameters`) : objectSchema(tool.parameters),
        },
        ...(strict ? { strict: true } : {}),
        ...tool.extensions?.[DIALECT],
      };
      const cached = tool.cache !== undefined && traits.cachePoints === 'everywhere';
      return cached ? [{ toolSpec }, cachePoint(tool.cache)] : [{ toolSpec }];
    }
  }
}

/** The API refuses blank descriptions. */
function describe(description: string | undefined): JsonObject {
  return description === undefined || description.trim() === '' ? {} : { description };
}
