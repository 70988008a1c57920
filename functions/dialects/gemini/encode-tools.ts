/** https://ai.google.dev/gemini-api/docs/function-calling */
import type { Aliases, AliasRule } from '../../core/alias.ts';
import type { ChatRequest, Tool } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { objectSchema } from '../../core/object-schema.ts';
import type { ToolAliasRules } from '../../core/tool-aliases.ts';
import { encodeSchema } from './encode-schema.ts';
import type { ModelTraits } from './model-traits.ts';
import { DIALECT } from './wire.ts';

/** Dots and colons are allowed; the first character is a letter or `_`. Newer models take 128 characters. */
const NAMES: AliasRule = {
  allowed: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/,
  replaced: /^[^a-zA-Z_]|[^a-zA-Z0-9_.:-]/g,
  maxLength: 64,
};
/** Nothing is said of ids, which other dialects' models have made up: what they all take is taken here. */
const IDS: AliasRule = { allowed: /^[\x21-\x7e]{1,256}$/, replaced: /[^\x21-\x7e]/g, maxLength: 256 };

export const ALIAS_RULES: ToolAliasRules = { names: NAMES, ids: IDS };

export function encodeTools(
  request: ChatRequest,
  names: Aliases,
  traits: ModelTraits,
  drop: (parameter: string) => void,
): readonly JsonObject[] {
  const declarations: JsonObject[] = [];
  const others: JsonObject[] = [];
  request.tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    if (tool.kind !== 'provider') declarations.push(encodeDeclaration(tool, path, names, traits, drop));
    else if (tool.origin === DIALECT) others.push(tool.data);
    else drop(path);
  });
  return [...(declarations.length === 0 ? [] : [{ functionDeclarations: declarations }]), ...others];
}

function encodeDeclaration(
  tool: Exclude<Tool, { kind: 'provider' }>,
  path: string,
  names: Aliases,
  traits: ModelTraits,
  drop: (parameter: string) => void,
): JsonObject {
  const described = {
    name: names.of(tool.name),
    ...(tool.description === undefined ? {} : { description: tool.description }),
  };
  if (tool.kind === 'custom') {
    // Free text is a function with one string. A grammar for it has no counterpart.
    if (tool.format !== undefined && tool.format.type !== 'text') drop(`${path}.custom.format`);
    const parameters = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };
    return { ...described, parametersJsonSchema: parameters, ...tool.extensions?.[DIALECT] };
  }
  if (tool.strict === true && !traits.validatedCalls) drop(`${path}.function.strict`);
  return {
    ...described,
    // A function without parameters is one that declares none: an empty object is refused by older models.
    ...(isEmpty(tool.parameters)
      ? {}
      : { parametersJsonSchema: encodeSchema(objectSchema(tool.parameters), `${path}.function.parameters`) }),
    ...tool.extensions?.[DIALECT],
  };
}

const SAYS_LITTLE = new Set(['type', 'properties', 'additionalProperties', 'required', '$schema']);

function isEmpty(parameters: JsonObject): boolean {
  return (
    Object.keys(parameters.properties ?? {}).length === 0 &&
    Object.keys(parameters).every((name) => SAYS_LITTLE.has(name))
  );
}

export function encodeToolChoice(
  request: ChatRequest,
  names: Aliases,
  traits: ModelTraits,
  drop: (parameter: string) => void,
): JsonObject | undefined {
  const { toolChoice: choice, tools } = request;
  const forced = choice?.type === 'required' || choice?.type === 'tool';
  const functions = tools.filter((tool) => tool.kind !== 'provider');
  if (functions.length === 0) {
    if (!forced) return undefined;
    throw new GatewayError('invalid-request', 'tool_choice forces a tool, but there are no tools', {
      param: 'tool_choice',
    });
  }
  // The API has no word for "one at a time".
  if (request.parallelToolCalls === false && choice?.type !== 'none') drop('parallel_tool_calls');
  switch (choice?.type) {
    case 'none':
      return { mode: 'NONE' };
    case 'required':
      return { mode: 'ANY' };
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [names.of(choice.name)] };
    default: {
      const strict = functions.some((tool) => tool.kind === 'function' && tool.strict === true);
      if (strict && traits.validatedCalls) return { mode: 'VALIDATED' };
      return choice === undefined ? undefined : { mode: 'AUTO' };
    }
  }
}
