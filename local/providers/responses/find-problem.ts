/** What the Responses API refuses, as far as clients run into it. */
import type { JsonObject } from '../../../functions/core/json.ts';
import { contentText, listOf, objectOf, objectsOf, textOf } from '../fields.ts';
import { REASONING_MODEL } from '../openai/effort.ts';
import { findStrictProblem } from '../openai/find-strict-problem.ts';
import { checkRange, invalidValue, missing, wrongType } from '../openai/problems.ts';
import type { Problem } from '../provider.ts';
import { findInputProblem } from './find-input-problem.ts';
import type { ResponseState } from './state.ts';

const KNOWN = new Set([
  'background',
  'context_management',
  'conversation',
  'include',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'model',
  'moderation',
  'parallel_tool_calls',
  'previous_response_id',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
]);
/** Parameters of Chat Completions, and where they are now. */
const MOVED: { readonly [name: string]: string } = {
  messages: 'input',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
};
const INCLUDABLE = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
];
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
/** Models that certainly do not think; others are given the benefit of the doubt. */
const PLAIN_MODEL = /^gpt-(3|4)/;

type Check = (body: JsonObject) => Problem | undefined;

const CHECKS: readonly Check[] = [
  (body) => (textOf(body.model) === '' ? missing('model') : undefined),
  checkNames,
  checkRange('temperature', 0, 2),
  checkRange('top_p', 0, 1),
  checkMaxTokens,
  checkTools,
  checkChoice,
  checkFormat,
  checkReasoning,
  checkInclude,
];

export function findProblem(body: JsonObject, state: ResponseState): Problem | undefined {
  for (const check of CHECKS) {
    const problem = check(body);
    if (problem !== undefined) return problem;
  }
  return checkState(body, state) ?? findInputProblem(body, state);
}

function checkNames(body: JsonObject): Problem | undefined {
  const name = Object.keys(body).find((key) => !KNOWN.has(key));
  if (name === undefined) return undefined;
  const moved = MOVED[name];
  return moved === undefined
    ? { message: `Unknown parameter: '${name}'.`, param: name, code: 'unknown_parameter' }
    : {
        message: `Unsupported parameter: '${name}'. In the Responses API, this parameter has moved to '${moved}'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.`,
        param: name,
        code: 'unsupported_parameter',
      };
}

function checkMaxTokens(body: JsonObject): Problem | undefined {
  const value = body.max_output_tokens;
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number') return wrongType('max_output_tokens', 'an integer', value);
  if (value >= 16) return undefined;
  return {
    message: `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${value} instead.`,
    param: 'max_output_tokens',
    code: 'integer_below_min_value',
  };
}

function checkTools(body: JsonObject): Problem | undefined {
  for (const [index, tool] of objectsOf(body.tools).entries()) {
    if (tool.type === undefined) return missing(`tools[${index}].type`);
    if (tool.type !== 'function' && tool.type !== 'custom') continue;
    const name = tool.name;
    if (typeof name !== 'string') return missing(`tools[${index}].name`);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      return {
        message: `Invalid 'tools[${index}].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        param: `tools[${index}].name`,
        code: 'invalid_value',
      };
    }
    const problem = tool.strict === true ? findStrictProblem(objectOf(tool.parameters)) : undefined;
    if (problem === undefined) continue;
    return {
      message: `Invalid schema for function '${name}': ${problem}`,
      param: `tools[${index}].parameters`,
      code: 'invalid_function_parameters',
    };
  }
  return undefined;
}

function checkChoice(body: JsonObject): Problem | undefined {
  const choice = body.tool_choice;
  if (choice === undefined || choice === null || ['none', 'auto', 'required'].includes(textOf(choice))) {
    return choice === 'required' && listOf(body.tools).length === 0
      ? { message: "Tool choice 'required' must be specified with 'tools' parameter.", param: 'tool_choice' }
      : undefined;
  }
  const { type, name } = objectOf(choice);
  if (type === 'function' || type === 'custom') {
    if (typeof name !== 'string') return missing('tool_choice.name');
    if (objectsOf(body.tools).some((tool) => tool.type === type && tool.name === name)) return undefined;
    return { message: `Tool choice '${type}' not found in 'tools' parameter.`, param: 'tool_choice' };
  }
  return typeof type === 'string' ? undefined : invalidValue('tool_choice', choice, ['none', 'auto', 'required']);
}

function checkFormat(body: JsonObject): Problem | undefined {
  const format = objectOf(objectOf(body.text).format);
  if (format.type === 'json_schema') {
    for (const name of ['name', 'schema']) if (format[name] === undefined) return missing(`text.format.${name}`);
    const problem = format.strict === true ? findStrictProblem(objectOf(format.schema)) : undefined;
    return problem === undefined
      ? undefined
      : {
          message: `Invalid schema for response_format '${textOf(format.name)}': ${problem}`,
          param: 'text.format.schema',
          code: 'invalid_json_schema',
        };
  }
  if (format.type !== 'json_object') return undefined;
  const spoken =
    typeof body.input === 'string' ? [body.input] : objectsOf(body.input).map((item) => contentText(item.content));
  if ([...spoken, textOf(body.instructions)].some((text) => /json/i.test(text))) return undefined;
  return {
    message:
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
    param: 'input',
  };
}

function checkReasoning(body: JsonObject): Problem | undefined {
  const { effort } = objectOf(body.reasoning);
  if (effort === undefined || effort === null) return undefined;
  if (!EFFORTS.includes(textOf(effort))) return invalidValue('reasoning.effort', effort, EFFORTS);
  return PLAIN_MODEL.test(textOf(body.model))
    ? {
        message: "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
        param: 'reasoning.effort',
        code: 'unsupported_parameter',
      }
    : undefined;
}

function checkInclude(body: JsonObject): Problem | undefined {
  const include = listOf(body.include);
  const index = include.findIndex((item) => !INCLUDABLE.includes(textOf(item)));
  if (index >= 0) return invalidValue(`include[${index}]`, include[index] ?? null, INCLUDABLE);
  const wantsReasoning = include.includes('reasoning.encrypted_content');
  return wantsReasoning && PLAIN_MODEL.test(textOf(body.model)) && !REASONING_MODEL.test(textOf(body.model))
    ? { message: 'Encrypted content is not supported with this model.', param: 'include' }
    : undefined;
}

/** What a request builds on has to be there. */
function checkState(body: JsonObject, state: ResponseState): Problem | undefined {
  const previous = body.previous_response_id;
  if (typeof previous === 'string' && state.conversation(previous) === undefined) {
    return {
      message: `Previous response with id '${previous}' not found.`,
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    };
  }
  const conversation = typeof body.conversation === 'string' ? body.conversation : objectOf(body.conversation).id;
  if (typeof conversation === 'string') {
    return { message: `Conversation with id '${conversation}' not found.`, param: 'conversation', status: 404 };
  }
  return body.input === undefined && previous === undefined
    ? {
        message: "One of 'input', 'previous_response_id', 'prompt' or 'conversation' must be provided.",
        param: 'input',
        code: 'missing_required_parameter',
      }
    : undefined;
}
