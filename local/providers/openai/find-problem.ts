/** What OpenAI refuses with 400, as far as clients run into it. Unknown fields are let through. */
import { isJsonObject, type JsonObject } from '../../../functions/core/json.ts';
import { parseModel } from '../faults.ts';
import { contentText, listOf, objectOf, objectsOf, textOf } from '../fields.ts';
import type { Problem } from '../provider.ts';
import { REASONING_MODEL } from './effort.ts';
import { findStrictProblem } from './find-strict-problem.ts';
import { checkRange, missing, wrongType } from './problems.ts';
import { lacksThoughts } from './thoughts.ts';

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];

const CHECKS: readonly ((body: JsonObject) => Problem | undefined)[] = [
  checkModel,
  checkMessages,
  checkRange('temperature', 0, 2),
  checkRange('top_p', 0, 1),
  checkRange('presence_penalty', -2, 2),
  checkRange('frequency_penalty', -2, 2),
  checkRange('n', 1, 128),
  checkRange('max_tokens', 1, Number.MAX_SAFE_INTEGER),
  checkRange('max_completion_tokens', 1, Number.MAX_SAFE_INTEGER),
  checkMaxTokens,
  checkStream,
  checkStop,
  checkTools,
  checkFormat,
  checkThoughts,
];

export function findProblem(body: JsonObject): Problem | undefined {
  for (const check of CHECKS) {
    const problem = check(body);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkModel(body: JsonObject): Problem | undefined {
  if (typeof body.model === 'string' && body.model !== '') return undefined;
  return { message: 'you must provide a model parameter' };
}

function checkMessages(body: JsonObject): Problem | undefined {
  const messages = body.messages;
  if (messages === undefined) return missing('messages');
  if (!Array.isArray(messages)) return wrongType('messages', 'an array of objects', messages);
  if (messages.length === 0) {
    return {
      message:
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      param: 'messages',
      code: 'empty_array',
    };
  }
  let open: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    if (!isJsonObject(message)) return wrongType(path, 'an object', message);
    const problem = checkMessage(message, path, open);
    if (problem !== undefined) return problem;
    if (message.role === 'tool') open = open.filter((id) => id !== message.tool_call_id);
    else open = objectsOf(message.tool_calls).map((call) => textOf(call.id));
  }
  return open.length > 0 ? unanswered(open) : undefined;
}

function checkMessage(message: JsonObject, path: string, open: readonly string[]): Problem | undefined {
  const role = message.role;
  if (role === undefined) return missing(`${path}.role`);
  if (typeof role !== 'string' || !ROLES.includes(role)) {
    const supported = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'";
    return {
      message: `Invalid value: '${String(role)}'. Supported values are: ${supported}.`,
      param: `${path}.role`,
      code: 'invalid_value',
    };
  }
  if (role === 'tool') {
    if (typeof message.tool_call_id !== 'string') return missing(`${path}.tool_call_id`);
    if (open.includes(message.tool_call_id)) return undefined;
    return {
      message:
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
      param: `${path}.role`,
    };
  }
  if (open.length > 0) return unanswered(open);
  const content = message.content;
  const calls = message.tool_calls;
  if (role === 'assistant' && (calls !== undefined || message.refusal !== undefined)) {
    return calls !== undefined && listOf(calls).length === 0
      ? { message: `Invalid '${path}.tool_calls': empty array.`, param: `${path}.tool_calls`, code: 'empty_array' }
      : undefined;
  }
  if (typeof content === 'string' || Array.isArray(content)) return undefined;
  return wrongType(`${path}.content`, 'one of a string or array of objects', content ?? null);
}

function checkMaxTokens(body: JsonObject): Problem | undefined {
  if (body.max_tokens === undefined || !REASONING_MODEL.test(textOf(body.model))) return undefined;
  return {
    message:
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    param: 'max_tokens',
    code: 'unsupported_parameter',
  };
}

function checkStream(body: JsonObject): Problem | undefined {
  if (body.stream === true || body.stream_options === undefined || body.stream_options === null) {
    return undefined;
  }
  return {
    message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    param: 'stream_options',
  };
}

function checkStop(body: JsonObject): Problem | undefined {
  if (listOf(body.stop).length <= 4) return undefined;
  return {
    message: `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${listOf(body.stop).length} instead.`,
    param: 'stop',
    code: 'array_above_max_length',
  };
}

function checkTools(body: JsonObject): Problem | undefined {
  const tools = listOf(body.tools);
  if (tools.length === 0) {
    for (const name of ['tool_choice', 'parallel_tool_calls']) {
      if (body[name] === undefined || body[name] === 'none') continue;
      return {
        message: `Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`,
        param: name,
      };
    }
  }
  for (const [index, tool] of objectsOf(body.tools).entries()) {
    const kind = tool.type === 'custom' ? 'custom' : 'function';
    const name = objectOf(tool[kind]).name;
    if (typeof name !== 'string') return missing(`tools[${index}].${kind}.name`);
    const problem = checkStrict(objectOf(tool[kind]), index);
    if (problem !== undefined) return problem;
    if (/^[a-zA-Z0-9_-]{1,64}$/.test(name)) continue;
    return {
      message: `Invalid 'tools[${index}].${kind}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      param: `tools[${index}].${kind}.name`,
      code: 'invalid_value',
    };
  }
  return undefined;
}

function checkStrict(tool: JsonObject, index: number): Problem | undefined {
  const problem = tool.strict === true ? findStrictProblem(objectOf(tool.parameters)) : undefined;
  if (problem === undefined) return undefined;
  return {
    message: `Invalid schema for function '${textOf(tool.name)}': ${problem}`,
    param: `tools[${index}].function.parameters`,
    code: 'invalid_function_parameters',
  };
}

function checkFormat(body: JsonObject): Problem | undefined {
  const format = objectOf(body.response_format);
  if (format.type === 'json_schema' && typeof objectOf(format.json_schema).name !== 'string') {
    return missing('response_format.json_schema.name');
  }
  const { strict, schema, name } = objectOf(format.json_schema);
  const problem = strict === true ? findStrictProblem(objectOf(schema)) : undefined;
  if (problem !== undefined) {
    return {
      message: `Invalid schema for response_format '${textOf(name)}': ${problem}`,
      param: 'response_format',
    };
  }
  if (format.type !== 'json_object') return undefined;
  const text = objectsOf(body.messages).map((message) => contentText(message.content));
  if (text.some((item) => /json/i.test(item))) return undefined;
  return {
    message: "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
    param: 'messages',
  };
}

function checkThoughts(body: JsonObject): Problem | undefined {
  if (!lacksThoughts(body, parseModel(textOf(body.model)).name)) return undefined;
  return {
    message: 'The `reasoning_content` in the thinking mode must be passed back to the API.',
    code: 'invalid_request_error',
  };
}

function unanswered(ids: readonly string[]): Problem {
  return {
    message: `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`,
    param: 'messages',
  };
}
