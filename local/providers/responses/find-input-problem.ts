/** What is wrong with the items: their form, references to what was never stored, and calls without results. */
import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import { objectsOf, textOf } from '../fields.ts';
import { invalidValue, missing, wrongType } from '../openai/problems.ts';
import type { Problem } from '../provider.ts';
import { isEncryptedReasoning } from './encrypted-content.ts';
import { allItems, isCall, isCallOutput, sentItems } from './input.ts';
import type { ResponseState } from './state.ts';

const TYPES = [
  'message',
  'reasoning',
  'item_reference',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'file_search_call',
  'web_search_call',
  'computer_call',
  'computer_call_output',
  'image_generation_call',
  'code_interpreter_call',
  'local_shell_call',
  'local_shell_call_output',
  'shell_call',
  'shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
  'mcp_call',
  'mcp_list_tools',
  'mcp_approval_request',
  'mcp_approval_response',
  'compaction',
];
const ROLES = ['assistant', 'system', 'developer', 'user'];
const SAID = ['output_text', 'refusal'];
const ASKED = ['input_text', 'input_image', 'input_file', 'input_audio'];

export function findInputProblem(body: JsonObject, state: ResponseState): Problem | undefined {
  const input = body.input;
  if (input !== undefined && typeof input !== 'string' && !Array.isArray(input)) {
    return wrongType('input', 'one of a string or array of input items', input);
  }
  if (Array.isArray(input) && input.length === 0 && body.previous_response_id === undefined) {
    return {
      message: "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      param: 'input',
      code: 'empty_array',
    };
  }
  for (const [index, item] of sentItems(input).entries()) {
    const path = `input[${index}]`;
    const problem = isJsonObject(item) ? checkItem(item, path, state) : wrongType(path, 'an object', item);
    if (problem !== undefined) return problem;
  }
  return checkCalls(allItems(body, state));
}

function checkItem(item: JsonObject, path: string, state: ResponseState): Problem | undefined {
  if (item.type === undefined) return missing(`${path}.type`);
  if (!TYPES.includes(textOf(item.type))) return invalidValue(`${path}.type`, item.type, TYPES);
  switch (item.type) {
    case 'message':
      return checkMessage(item, path);
    case 'item_reference':
      return state.item(textOf(item.id)) === undefined ? notFound(item.id) : undefined;
    case 'reasoning':
      return checkReasoning(item, path, state);
    case 'function_call':
      return checkTexts(item, path, ['call_id', 'name', 'arguments']);
    case 'custom_tool_call':
      return checkTexts(item, path, ['call_id', 'name', 'input']);
    case 'function_call_output':
    case 'custom_tool_call_output':
      return checkOutput(item, path);
    default:
      return undefined;
  }
}

function checkMessage(item: JsonObject, path: string): Problem | undefined {
  const { role, content } = item;
  if (role === undefined) return missing(`${path}.role`);
  if (!ROLES.includes(textOf(role))) return invalidValue(`${path}.role`, role, ROLES);
  if (typeof content === 'string') return undefined;
  if (!Array.isArray(content)) {
    return content === undefined
      ? missing(`${path}.content`)
      : wrongType(`${path}.content`, 'one of a string or array of content parts', content);
  }
  return checkParts(content, `${path}.content`, role === 'assistant' ? SAID : ASKED);
}

function checkParts(parts: readonly Json[], path: string, supported: readonly string[]): Problem | undefined {
  for (const [index, part] of parts.entries()) {
    const at = `${path}[${index}]`;
    if (!isJsonObject(part)) return wrongType(at, 'an object', part);
    if (part.type === undefined) return missing(`${at}.type`);
    if (!supported.includes(textOf(part.type))) return invalidValue(`${at}.type`, part.type, supported);
    const problem = checkPart(part, at);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkPart(part: JsonObject, at: string): Problem | undefined {
  const field = part.type === 'refusal' ? 'refusal' : textOf(part.type).endsWith('_text') ? 'text' : undefined;
  if (field !== undefined) return checkTexts(part, at, [field]);
  if (part.type === 'input_image') {
    if (typeof part.file_id === 'string') return undefined;
    const url = part.image_url;
    if (url === undefined) return missing(`${at}.image_url`);
    if (typeof url !== 'string') return wrongType(`${at}.image_url`, 'an image URL', url);
    return /^(https?:\/\/|data:image\/(png|jpe?g|gif|webp);base64,[A-Za-z0-9+/])/.test(url)
      ? undefined
      : {
          message: `Invalid '${at}.image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got unsupported MIME type or an invalid URL.`,
          param: `${at}.image_url`,
          code: 'invalid_value',
        };
  }
  const isEmpty = ['file_data', 'file_url', 'file_id'].every((name) => part[name] === undefined);
  return part.type === 'input_file' && isEmpty ? missing(`${at}.file_id`) : undefined;
}

function checkTexts(holder: JsonObject, path: string, names: readonly string[]): Problem | undefined {
  for (const name of names) {
    const value = holder[name];
    if (value === undefined) return missing(`${path}.${name}`);
    if (typeof value !== 'string') return wrongType(`${path}.${name}`, 'a string', value);
  }
  return undefined;
}

function checkOutput(item: JsonObject, path: string): Problem | undefined {
  const { output } = item;
  if (output === undefined) return missing(`${path}.output`);
  if (Array.isArray(output)) return checkTexts(item, path, ['call_id']) ?? checkParts(output, `${path}.output`, ASKED);
  return checkTexts(item, path, ['call_id', 'output']);
}

/** Reasoning comes back encrypted, or is looked up by its id. */
function checkReasoning(item: JsonObject, path: string, state: ResponseState): Problem | undefined {
  if (!Array.isArray(item.summary)) return missing(`${path}.summary`);
  const problem =
    objectsOf(item.summary).length === item.summary.length
      ? undefined
      : wrongType(`${path}.summary[0]`, 'an object', null);
  if (problem !== undefined) return problem;
  const encrypted = item.encrypted_content;
  if (typeof encrypted === 'string') {
    return isEncryptedReasoning(encrypted)
      ? undefined
      : {
          message: `The encrypted content ${encrypted.slice(0, 4)}...${encrypted.slice(-4)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
          code: 'invalid_encrypted_content',
        };
  }
  return state.item(textOf(item.id)) === undefined ? notFound(item.id) : undefined;
}

function notFound(id: Json | undefined): Problem {
  return {
    message: `Item with id '${textOf(id)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    param: 'input',
    status: 404,
  };
}

function checkCalls(items: readonly JsonObject[]): Problem | undefined {
  const open = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (isCall(item)) open.add(textOf(item.call_id));
    if (isCallOutput(item) && !open.delete(textOf(item.call_id))) {
      const kind = item.type === 'custom_tool_call_output' ? 'custom tool call' : 'function call';
      return { message: `No tool call found for ${kind} output with call_id ${textOf(item.call_id)}.`, param: 'input' };
    }
    const next = items[index + 1];
    const isAnswered =
      next !== undefined && (next.role === undefined || next.role === 'assistant') && !isCallOutput(next);
    if (item.type === 'reasoning' && !isAnswered) {
      return {
        message: `Item '${textOf(item.id)}' of type 'reasoning' was provided without its required following item.`,
        param: 'input',
      };
    }
  }
  const [unanswered] = open;
  return unanswered === undefined
    ? undefined
    : { message: `No tool output found for function call ${unanswered}.`, param: 'input' };
}
