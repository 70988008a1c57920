/** What Bedrock refuses with 400, as far as clients run into it. Unknown fields are let through. */
import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type JsonObject } from '../../../functions/core/json.ts';
import { listOf, numberOf, objectOf, objectsOf, textOf } from '../fields.ts';
import type { Asked, Problem } from '../provider.ts';
import { findMessageProblem } from './find-message-problem.ts';
import { type Family, familyOf } from './models.ts';
import { readPrompt } from './read-prompt.ts';

type Check = (body: JsonObject, family: Family) => string | undefined;

const CHECKS: readonly Check[] = [
  checkInference,
  findMessageProblem,
  checkTools,
  checkToolChoice,
  checkThinking,
  checkFormat,
  checkCachePoints,
];

export function findProblem(body: JsonObject, _headers: IncomingHttpHeaders, asked: Asked): Problem | undefined {
  const family = familyOf(asked.model);
  for (const check of CHECKS) {
    const message = check(body, family);
    if (message !== undefined) return { message };
  }
  return undefined;
}

const UNSUPPORTED: { readonly [F in Family]?: readonly string[] } = {
  gpt: ['temperature', 'topP', 'stopSequences'],
  'gpt-oss': ['stopSequences'],
};

function checkInference(body: JsonObject, family: Family): string | undefined {
  const config = objectOf(body.inferenceConfig);
  const refused = (UNSUPPORTED[family] ?? []).find((name) => config[name] !== undefined);
  if (refused !== undefined) return `This model doesn't support the ${refused} field. Remove ${refused} and try again.`;
  for (const name of ['temperature', 'topP']) {
    const value = config[name];
    if (value === undefined) continue;
    if (typeof value !== 'number' || value < 0 || value > 1) {
      return `1 validation error detected: Value at 'inferenceConfig.${name}' failed to satisfy constraint: Member must be between 0 and 1`;
    }
  }
  const { maxTokens } = config;
  if (maxTokens !== undefined && (typeof maxTokens !== 'number' || !Number.isInteger(maxTokens) || maxTokens < 1)) {
    return "1 validation error detected: Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1";
  }
  return listOf(config.stopSequences).some((item) => textOf(item).trim() === '')
    ? 'The model returned the following errors: stop_sequences: each stop sequence must contain non-whitespace'
    : undefined;
}

function checkTools(body: JsonObject): string | undefined {
  if (body.toolConfig === undefined) return undefined;
  const tools = objectsOf(objectOf(body.toolConfig).tools);
  if (tools.length === 0) {
    return "1 validation error detected: Value at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1";
  }
  for (const [index, tool] of tools.entries()) {
    if (!isJsonObject(tool.toolSpec)) continue;
    const { name, description, inputSchema } = tool.toolSpec;
    const at = `toolConfig.tools.${index}.member.toolSpec`;
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(textOf(name))) {
      return `1 validation error detected: Value '${textOf(name)}' at '${at}.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`;
    }
    if (description !== undefined && textOf(description).length === 0) {
      return `1 validation error detected: Value at '${at}.description' failed to satisfy constraint: Member must have length greater than or equal to 1`;
    }
    if (objectOf(objectOf(inputSchema).json).type !== 'object') {
      return `The value at ${at}.inputSchema.json.type must be one of the following: object.`;
    }
  }
  return undefined;
}

function checkToolChoice(body: JsonObject, family: Family): string | undefined {
  const { toolChoice, tools } = objectOf(body.toolConfig);
  const own = objectOf(body.additionalModelRequestFields).tool_choice;
  const [name] = Object.keys(objectOf(toolChoice));
  if (own !== undefined && family !== 'claude')
    return 'Malformed input request: extraneous key [tool_choice] is not permitted';
  if (own !== undefined && name !== undefined) {
    return `The additional field tool_choice/type conflicts with the existing field toolConfig.toolChoice.${name}. Remove tool_choice/type and try again.`;
  }
  if (own !== undefined && objectOf(own).type === undefined) {
    return 'The model returned the following errors: missing field `type`';
  }
  if (name === undefined || name === 'auto') return undefined;
  if (name !== 'any' && name !== 'tool') return `The toolConfig.toolChoice.${name} is not a member of the union.`;
  const forcing = family === 'claude' || family === 'nova' ? ['any', 'tool'] : family === 'llama' ? [] : ['any'];
  if (!forcing.includes(name)) {
    return `This model doesn't support the toolConfig.toolChoice.${name} field. Remove toolConfig.toolChoice.${name} and try again.`;
  }
  const chosen = textOf(objectOf(objectOf(toolChoice).tool).name);
  const known = objectsOf(tools).some((tool) => objectOf(tool.toolSpec).name === chosen);
  return name === 'tool' && !known ? `The tool ${chosen} is not defined in toolConfig.tools.` : undefined;
}

function checkThinking(body: JsonObject): string | undefined {
  const fields = objectOf(body.additionalModelRequestFields);
  const { type, budget_tokens: given } = objectOf(fields.thinking);
  if (type !== 'enabled' && type !== 'adaptive') return undefined;
  const { temperature, maxTokens } = objectOf(body.inferenceConfig);
  const { any, tool } = objectOf(objectOf(body.toolConfig).toolChoice);
  const prefix = 'The model returned the following errors: ';
  // Of those that adapt, only the older ones refuse it.
  if (type === 'enabled' && (any !== undefined || tool !== undefined)) {
    return `${prefix}Thinking may not be enabled when tool_choice forces tool use.`;
  }
  if (temperature !== undefined && temperature !== 1) {
    return `${prefix}\`temperature\` may only be set to 1 when thinking is enabled.`;
  }
  if (type === 'adaptive') return undefined;
  const budget = numberOf(given);
  if (budget === undefined) return `${prefix}thinking.enabled.budget_tokens: Field required`;
  if (budget < 1024) return `${prefix}thinking.enabled.budget_tokens: Input should be greater than or equal to 1024`;
  return budget < (numberOf(maxTokens) ?? Number.POSITIVE_INFINITY)
    ? undefined
    : `${prefix}\`max_tokens\` must be greater than \`thinking.budget_tokens\`.`;
}

function checkFormat(body: JsonObject): string | undefined {
  const format = objectOf(body.outputConfig).textFormat;
  if (format === undefined) return undefined;
  const { schema } = objectOf(objectOf(objectOf(format).structure).jsonSchema);
  if (typeof schema !== 'string')
    return 'The value at outputConfig.textFormat.structure.jsonSchema.schema must be a string.';
  try {
    return isJsonObject(JSON.parse(schema)) ? undefined : 'The JSON schema must be an object.';
  } catch {
    return 'The value at outputConfig.textFormat.structure.jsonSchema.schema is not valid JSON.';
  }
}

function checkCachePoints(body: JsonObject, family: Family): string | undefined {
  const marked = readPrompt(body).filter((piece) => piece.cache !== undefined);
  if (marked.length === 0) return undefined;
  if (family !== 'claude' && family !== 'nova') {
    return 'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.';
  }
  const onTools = objectsOf(objectOf(body.toolConfig).tools).some((tool) => tool.cachePoint !== undefined);
  if (onTools && family === 'nova') return 'Malformed input request: extraneous key [cachePoint] is not permitted';
  if (marked.length > 4) return `A maximum of 4 cache points may be provided. Found ${marked.length}.`;
  const firstShort = marked.findIndex((piece) => piece.cache === '5m');
  return firstShort >= 0 && marked.slice(firstShort).some((piece) => piece.cache === '1h')
    ? "A cachePoint with ttl='1h' must not come after a cachePoint with ttl='5m'."
    : undefined;
}
