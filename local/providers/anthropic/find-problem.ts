/** What Anthropic refuses with 400, as far as clients run into it. Unknown fields are let through. */
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../../functions/core/json.ts';
import { listOf, numberOf, objectOf, objectsOf, textOf } from '../fields.ts';
import type { Problem } from '../provider.ts';
import { findMessageProblem } from './find-message-problem.ts';
import { findSchemaProblem } from './find-schema-problem.ts';
import { readPrompt } from './read-prompt.ts';

type Check = (body: JsonObject) => string | undefined;

const CHECKS: readonly Check[] = [
  (body) => (typeof body.model === 'string' ? undefined : 'model: Field required'),
  checkMaxTokens,
  checkSampling,
  checkThinking,
  findMessageProblem,
  checkTools,
  checkFormat,
  checkCacheControl,
];

export function findProblem(body: JsonObject, headers: IncomingHttpHeaders): Problem | undefined {
  if (headers['anthropic-version'] === undefined) return { message: 'anthropic-version: header is required' };
  for (const check of CHECKS) {
    const message = check(body);
    if (message !== undefined) return { message };
  }
  return undefined;
}

function checkMaxTokens(body: JsonObject): string | undefined {
  const value = body.max_tokens;
  if (value === undefined) return 'max_tokens: Field required';
  if (typeof value !== 'number' || !Number.isInteger(value)) return 'max_tokens: Input should be a valid integer';
  return value >= 1 ? undefined : 'max_tokens: Input should be greater than or equal to 1';
}

function checkSampling(body: JsonObject): string | undefined {
  for (const name of ['temperature', 'top_p']) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number') return `${name}: Input should be a valid number`;
    if (value < 0 || value > 1) return `${name}: range: 0..1`;
  }
  if (body.stop_sequences !== undefined && !Array.isArray(body.stop_sequences)) {
    return 'stop_sequences: Input should be a valid list';
  }
  if (listOf(body.stop_sequences).some((item) => textOf(item).trim() === '')) {
    return 'stop_sequences: each stop sequence must contain non-whitespace';
  }
  return numberOf(body.temperature) !== undefined && numberOf(body.top_p) !== undefined
    ? '`temperature` and `top_p` cannot both be specified for this model. Please use only one.'
    : undefined;
}

function checkThinking(body: JsonObject): string | undefined {
  const thinking = objectOf(body.thinking);
  const type = thinking.type;
  if (type !== 'enabled' && type !== 'adaptive') return undefined;
  const choice = objectOf(body.tool_choice).type;
  if (choice === 'any' || choice === 'tool') {
    return 'Thinking may not be enabled when tool_choice forces tool use.';
  }
  if (body.temperature !== undefined && body.temperature !== 1) {
    return '`temperature` may only be set to 1 when thinking is enabled.';
  }
  if (type === 'adaptive') return undefined;
  const budget = numberOf(thinking.budget_tokens);
  if (budget === undefined) return 'thinking.enabled.budget_tokens: Field required';
  if (budget < 1024) return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024';
  return budget < (numberOf(body.max_tokens) ?? 0)
    ? undefined
    : '`max_tokens` must be greater than `thinking.budget_tokens`.';
}

function checkTools(body: JsonObject): string | undefined {
  const tools = objectsOf(body.tools);
  for (const [index, tool] of tools.entries()) {
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(textOf(tool.name))) {
      return `tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
    }
    const isCustom = tool.type === undefined || tool.type === 'custom';
    if (isCustom && objectOf(tool.input_schema).type !== 'object') {
      return tool.input_schema === undefined
        ? `tools.${index}.custom.input_schema: Field required`
        : `tools.${index}.custom.input_schema.type: Input should be 'object'`;
    }
    const problem = tool.strict === true ? findSchemaProblem(objectOf(tool.input_schema)) : undefined;
    if (problem !== undefined) return `tools.${index}.custom: ${problem}`;
  }
  const choice = body.tool_choice;
  if (choice === undefined || choice === null) return undefined;
  const { type, name } = objectOf(choice);
  if (!['auto', 'any', 'tool', 'none'].includes(textOf(type))) {
    return "tool_choice: Input tag does not match any of the expected tags: 'any', 'auto', 'none', 'tool'";
  }
  if (tools.length === 0) return 'tool_choice may only be specified while providing tools.';
  return type === 'tool' && !tools.some((tool) => tool.name === name)
    ? `Tool '${textOf(name)}' not found in provided tools`
    : undefined;
}

/** `output_format` is the field's name of the beta. */
function checkFormat(body: JsonObject): string | undefined {
  const [path, value] =
    body.output_format === undefined
      ? (['output_config.format', objectOf(body.output_config).format] as const)
      : (['output_format', body.output_format] as const);
  const format = objectOf(value);
  if (format.type !== 'json_schema') return undefined;
  if (format.schema === undefined) return `${path}.schema: Field required`;
  const problem = findSchemaProblem(objectOf(format.schema));
  return problem === undefined ? undefined : `${path}.schema: ${problem}`;
}

function checkCacheControl(body: JsonObject): string | undefined {
  const marked = readPrompt(body).filter((piece) => piece.cache !== undefined);
  if (marked.length > 4) {
    return `A maximum of 4 blocks with cache_control may be provided. Found ${marked.length}.`;
  }
  const firstShort = marked.findIndex((piece) => piece.cache === '5m');
  return firstShort >= 0 && marked.slice(firstShort).some((piece) => piece.cache === '1h')
    ? "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`."
    : undefined;
}
