/** https://ai.google.dev/gemini-api/docs/function-calling */
import * as z from 'zod/mini';
import type { Tool, ToolChoice } from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { invalidRequest } from '../../core/parse.ts';
import { jsonObject, toolList } from '../../core/request-fields.ts';
import { convertSchema } from './convert-schema.ts';
import { DIALECT, type Fields, type FieldsList, optionalText, optionalTexts, requiredText } from './wire.ts';

const NO_PARAMETERS: JsonObject = { type: 'object', properties: {} };
const ENTRY = new Set(['functionDeclarations']);
const DECLARATION = new Set(['name', 'description', 'parameters', 'parametersJsonSchema']);

const optionalObject = z.nullish(jsonObject);

/** One entry may declare functions and, under other names, tools that Google runs. */
export function decodeTools(entries: FieldsList): readonly Tool[] {
  const tools = entries.map((entry): readonly Tool[] => {
    const others = Object.entries(entry.others(ENTRY));
    return [
      ...entry.objects('functionDeclarations', toolList).map(decodeDeclaration),
      ...others.map(([name, value]): Tool => ({ kind: 'provider', origin: DIALECT, name, data: { [name]: value } })),
    ];
  });
  return tools.flat();
}

function decodeDeclaration(fields: Fields): Tool {
  const description = fields.read('description', optionalText);
  const schema = fields.read('parametersJsonSchema', optionalObject);
  const parameters = fields.read('parameters', optionalObject);
  const others = fields.others(DECLARATION);
  return {
    kind: 'function',
    name: fields.read('name', requiredText),
    ...(description ? { description } : {}),
    parameters: schema ?? (parameters ? convertSchema(parameters, fields.path('parameters')) : NO_PARAMETERS),
    ...(Object.keys(others).length === 0 ? {} : { extensions: { [DIALECT]: others } }),
  };
}

export interface DecodedToolConfig {
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
}

/**
 * `allowedFunctionNames` is a choice among the tools. With one of them it is a named tool; with several no other dialect
 * has a word for it, but to offer no others comes to the same.
 */
export function decodeToolConfig(config: Fields | undefined, tools: readonly Tool[]): DecodedToolConfig {
  const calling = config?.object('functionCallingConfig');
  if (calling === undefined) return { tools };
  const mode = calling.read('mode', optionalText) ?? 'MODE_UNSPECIFIED';
  const allowed = calling.read('allowedFunctionNames', optionalTexts) ?? [];
  const chosen = new Set(allowed);
  const names = new Set(tools.flatMap((tool) => (tool.kind === 'function' ? [tool.name] : [])));
  allowed.forEach((name, index) => {
    if (names.has(name)) return;
    throw invalidRequest(
      [...calling.path('allowedFunctionNames'), index],
      `is "${name}", which is no declared function`,
    );
  });
  const offered =
    allowed.length === 0 ? tools : tools.filter((tool) => tool.kind !== 'function' || chosen.has(tool.name));
  const [only] = allowed;
  switch (mode.toUpperCase()) {
    case 'MODE_UNSPECIFIED':
      return { tools: offered };
    case 'AUTO':
    // A free choice, as `AUTO`, whose calls the provider checks; what checks there are is each provider's own.
    case 'VALIDATED':
      return { tools: offered, toolChoice: { type: 'auto' } };
    case 'NONE':
      return { tools, toolChoice: { type: 'none' } };
    case 'ANY':
      if (tools.length === 0) throw invalidRequest(calling.path('mode'), 'is "ANY", but there are no tools');
      if (allowed.length === 1 && only !== undefined) return { tools, toolChoice: { type: 'tool', name: only } };
      return { tools: offered, toolChoice: { type: 'required' } };
    default:
      throw invalidRequest(calling.path('mode'), `must be AUTO, ANY, NONE or VALIDATED, but is "${mode}"`);
  }
}
