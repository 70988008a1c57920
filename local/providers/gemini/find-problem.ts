/** What Gemini refuses with 400, as far as clients run into it. */
import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import { parseModel } from '../faults.ts';
import { listOf, numberOf, objectOf, objectsOf, textOf } from '../fields.ts';
import type { Asked, Problem } from '../provider.ts';
import { camelCase } from './camel-case.ts';
import { findContentProblem } from './find-content-problem.ts';
import { findSchemaProblem, invalid } from './find-schema-problem.ts';
import { findUnknownName } from './find-unknown-name.ts';
import { signsAlways, signsFunctionTurns } from './thinking.ts';

const REQUEST_NAMES = [
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'safetySettings',
  'generationConfig',
  'cachedContent',
  'serviceTier',
  'store',
];
const CONFIG_NAMES = [
  'stopSequences',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  '_responseJsonSchema',
  'responseModalities',
  'candidateCount',
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'enableEnhancedCivicAnswers',
  'speechConfig',
  'thinkingConfig',
  'imageConfig',
  'mediaResolution',
];
const TOOL_NAMES = [
  'functionDeclarations',
  'googleSearch',
  'googleSearchRetrieval',
  'codeExecution',
  'urlContext',
  'computerUse',
  'fileSearch',
  'googleMaps',
  'mcpServers',
];
const DECLARATION_NAMES = [
  'name',
  'description',
  'behavior',
  'parameters',
  'parametersJsonSchema',
  'response',
  'responseJsonSchema',
];
const THINKING_NAMES = ['includeThoughts', 'thinkingBudget', 'thinkingLevel'];
const LEVELS = ['THINKING_LEVEL_UNSPECIFIED', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];
const MODES = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'];
const REQUEST = 'GenerateContentRequest';

export function findProblem(original: JsonObject, _headers: IncomingHttpHeaders, asked: Asked): Problem | undefined {
  const body = camelCase(original);
  const model = parseModel(asked.model).name;
  const config = objectOf(body.generationConfig);
  return (
    findUnknownName(body, REQUEST_NAMES, '') ??
    findUnknownName(config, CONFIG_NAMES, 'generation_config') ??
    checkTools(body.tools) ??
    findSchemaProblem(config.responseSchema, 'generation_config.response_schema') ??
    findContentProblem(body, signsAlways(model)) ??
    checkNumbers(config) ??
    checkStop(config.stopSequences) ??
    checkFormat(body, config, model) ??
    checkThinking(objectOf(config.thinkingConfig), model) ??
    checkChoice(body) ??
    (body.cachedContent === undefined
      ? undefined
      : { message: 'CachedContent not found (or permission denied)', status: 403 })
  );
}

function checkTools(tools: Json | undefined): Problem | undefined {
  const names = new Set<Json | undefined>();
  for (const [index, tool] of listOf(tools).entries()) {
    const path = `tools[${index}]`;
    if (!isJsonObject(tool)) return invalid(path, 'type.googleapis.com/google.ai.generativelanguage.v1beta.Tool', tool);
    const unknown = findUnknownName(tool, TOOL_NAMES, path);
    if (unknown !== undefined) return unknown;
    for (const [position, declaration] of objectsOf(tool.functionDeclarations).entries()) {
      const at = `${path}.function_declarations[${position}]`;
      const problem =
        findUnknownName(declaration, DECLARATION_NAMES, at) ??
        findSchemaProblem(declaration.parameters, `${at}.parameters`) ??
        checkName(declaration.name, at);
      if (problem !== undefined) return problem;
      if (declaration.parameters !== undefined && declaration.parametersJsonSchema !== undefined) {
        return { message: `* ${REQUEST}.${at}: only one of parameters and parameters_json_schema can be set` };
      }
      if (names.has(declaration.name)) return { message: `Duplicate function declaration found: ${declaration.name}` };
      names.add(declaration.name);
    }
  }
  return undefined;
}

function checkName(name: Json | undefined, at: string): Problem | undefined {
  if (/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(textOf(name))) return undefined;
  return {
    message: `* ${REQUEST}.${at}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.`,
  };
}

function checkNumbers(config: JsonObject): Problem | undefined {
  const bounds = [
    ['temperature', 0, 2, '[0.0, 2.0]'],
    ['topP', 0, 1, '[0.0, 1.0]'],
    ['candidateCount', 1, 8, '[1, 8]'],
    ['maxOutputTokens', 1, 65_536, '[1, 65536]'],
    ['presencePenalty', -2, 2, '[-2.0, 2.0)'],
    ['frequencyPenalty', -2, 2, '[-2.0, 2.0)'],
  ] as const;
  for (const [name, low, high, range] of bounds) {
    const value = config[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number') return invalid(`generation_config.${name}`, 'TYPE_FLOAT', value);
    if (value >= low && value <= high) continue;
    const field = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return { message: `* ${REQUEST}.generation_config.${field}: must be in the range ${range}.` };
  }
  return undefined;
}

function checkStop(sequences: Json | undefined): Problem | undefined {
  return listOf(sequences).length <= 5
    ? undefined
    : { message: `* ${REQUEST}.generation_config.stop_sequences: must have at most 5 elements` };
}

function checkFormat(body: JsonObject, config: JsonObject, model: string): Problem | undefined {
  const isJson = config.responseMimeType === 'application/json';
  const jsonSchema = config.responseJsonSchema ?? config._responseJsonSchema;
  if (config.responseSchema !== undefined && jsonSchema !== undefined) {
    return { message: 'Only one of response_schema and response_json_schema can be set.' };
  }
  if ((config.responseSchema !== undefined || jsonSchema !== undefined) && !isJson) {
    return {
      message: `* ${REQUEST}.generation_config.response_schema: response_mime_type must be application/json where a schema is set`,
    };
  }
  const hasFunctions = objectsOf(body.tools).some((tool) => listOf(tool.functionDeclarations).length > 0);
  return isJson && hasFunctions && !signsAlways(model)
    ? { message: "Function calling with a response mime type: 'application/json' is unsupported" }
    : undefined;
}

function checkThinking(config: JsonObject, model: string): Problem | undefined {
  const path = 'generation_config.thinking_config';
  const unknown = findUnknownName(config, THINKING_NAMES, path);
  if (unknown !== undefined) return unknown;
  const { thinkingBudget, thinkingLevel } = config;
  if (thinkingLevel !== undefined && !LEVELS.includes(textOf(thinkingLevel).toUpperCase())) {
    return invalid(`${path}.thinking_level`, 'TYPE_ENUM', thinkingLevel);
  }
  if (thinkingBudget !== undefined && thinkingLevel !== undefined) {
    return { message: 'You can only set only one of thinking budget and thinking level.' };
  }
  if (thinkingLevel !== undefined && !signsAlways(model)) {
    return { message: 'Thinking level is not supported for this model.' };
  }
  const budget = numberOf(thinkingBudget);
  if (thinkingBudget !== undefined && budget === undefined) {
    return invalid(`${path}.thinking_budget`, 'TYPE_INT32', thinkingBudget);
  }
  if (budget === 0 && signsFunctionTurns(model) && /-pro/.test(model)) {
    return { message: 'Budget 0 is invalid. This model only works in thinking mode.' };
  }
  return undefined;
}

function checkChoice(body: JsonObject): Problem | undefined {
  const config = objectOf(body.toolConfig).functionCallingConfig;
  if (config === undefined) return undefined;
  const { mode, allowedFunctionNames } = objectOf(config);
  const path = 'tool_config.function_calling_config';
  if (mode !== undefined && !MODES.includes(textOf(mode))) return invalid(`${path}.mode`, 'TYPE_ENUM', mode);
  const declared = objectsOf(body.tools).flatMap((tool) => objectsOf(tool.functionDeclarations));
  if (declared.length === 0) return { message: 'Function calling config is set without function_declarations.' };
  const allowed = listOf(allowedFunctionNames);
  if (allowed.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED') {
    return { message: `* ${REQUEST}.${path}.allowed_function_names: only allowed with the mode ANY or VALIDATED` };
  }
  const missing = allowed.find((name) => !declared.some((declaration) => declaration.name === name));
  return missing === undefined
    ? undefined
    : { message: `* ${REQUEST}.${path}.allowed_function_names: ${textOf(missing)} is not a declared function` };
}
