/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools */
import type { Aliases, AliasRule } from '../../core/alias.ts';
import type { ChatRequest, Tool } from '../../core/chat.ts';
import type { ClaudeTraits } from '../../core/claude-traits.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { objectSchema, strictSchema } from '../../core/object-schema.ts';
import { type ToolAliasRules, toolCalls } from '../../core/tool-aliases.ts';
import { cacheControl } from './encode-part.ts';

const DIALECT = 'anthropic-messages';

const NAMES: AliasRule = { allowed: /^[a-zA-Z0-9_-]{1,64}$/, replaced: /[^a-zA-Z0-9_-]/g, maxLength: 64 };
const IDS: AliasRule = { allowed: /^[a-zA-Z0-9_-]+$/, replaced: /[^a-zA-Z0-9_-]/g, maxLength: 64 };
export const TOOL_ALIAS_RULES: ToolAliasRules = { names: NAMES, ids: IDS };

export function encodeTools(
  request: ChatRequest,
  traits: ClaudeTraits,
  names: Aliases,
  drop: (parameter: string) => void,
): readonly JsonObject[] {
  const tools = request.tools.flatMap((tool, index) => {
    const encoded = encodeTool(tool, `tools[${index}]`, traits, names, drop);
    return encoded === undefined ? [] : [encoded];
  });
  if (tools.length > 0) return tools;
  // A history with calls needs its tools declared, also when they are no longer on offer: `tool_choice` forbids them.
  const called = [...new Set(toolCalls(request).map((call) => names.of(call.name)))];
  return called.map((name) => ({ name, input_schema: { type: 'object' } }));
}

function encodeTool(
  tool: Tool,
  path: string,
  traits: ClaudeTraits,
  names: Aliases,
  drop: (parameter: string) => void,
): JsonObject | undefined {
  switch (tool.kind) {
    case 'provider':
      if (tool.origin === DIALECT) return tool.data;
      drop(path);
      return undefined;
    case 'custom': {
      // Free text is a function with one string. A grammar for it has no counterpart.
      if (tool.format !== undefined && tool.format.type !== 'text') drop(`${path}.custom.format`);
      return {
        name: names.of(tool.name),
        ...(tool.description === undefined ? {} : { description: tool.description }),
        input_schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
        ...tool.extensions?.[DIALECT],
      };
    }
    case 'function': {
      const strict = tool.strict === true && traits.structuredOutputs;
      if (tool.strict === true && !strict) drop(`${path}.function.strict`);
      return {
        name: names.of(tool.name),
        ...(tool.description === undefined ? {} : { description: tool.description }),
        input_schema: strict
          ? strictSchema(tool.parameters, `${path}.function.parameters`)
          : objectSchema(tool.parameters),
        ...(strict ? { strict: true } : {}),
        ...tool.extensions?.[DIALECT],
        ...cacheControl(tool.cache),
      };
    }
  }
}

/**
 * `parallel_tool_calls: false` is a field of the choice here, so it needs one, and has no place in `none`, where there is
 * nothing to keep apart.
 */
export function encodeToolChoice(
  request: ChatRequest,
  tools: readonly JsonObject[],
  traits: ClaudeTraits,
  names: Aliases,
  drop: (parameter: string) => void,
): JsonObject | undefined {
  const choice = request.toolChoice;
  const forced = choice?.type === 'required' || choice?.type === 'tool';
  if (forced && request.tools.length === 0) {
    throw new GatewayError('invalid-request', 'tool_choice forces a tool, but there are no tools', {
      param: 'tool_choice',
    });
  }
  if (tools.length === 0) return undefined;
  if (request.tools.length === 0 || choice?.type === 'none') return { type: 'none' };
  const serial = request.parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (forced && traits.forcedTools === 'never') {
    drop('tool_choice');
    return request.parallelToolCalls === false ? { type: 'auto', ...serial } : undefined;
  }
  if (choice?.type === 'tool') return { type: 'tool', name: names.of(choice.name), ...serial };
  if (choice?.type === 'required') return { type: 'any', ...serial };
  return choice === undefined && request.parallelToolCalls !== false ? undefined : { type: 'auto', ...serial };
}
