/** What is wrong with the turns: their form, the order of calls and results, and the signatures of thoughts. */
import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import { listOf, objectOf, objectsOf, textOf } from '../fields.ts';
import type { Problem } from '../provider.ts';
import { invalid } from './find-schema-problem.ts';
import { findUnknownName } from './find-unknown-name.ts';
import { isBase64, isThoughtSignature } from './signature.ts';

const DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
];
const PART_NAMES = [...DATA, 'thought', 'thoughtSignature', 'videoMetadata', 'mediaResolution', 'partMetadata'];
const MEDIA =
  /^(image\/(png|jpeg|webp|heic|heif)|application\/pdf|text\/|audio\/|video\/|application\/(json|x-javascript|x-python))/;
const STRUCT = 'type.googleapis.com/google.protobuf.Struct';
const CONTENT = 'type.googleapis.com/google.ai.generativelanguage.v1beta.Content';
const REQUEST = 'GenerateContentRequest';

export function findContentProblem(body: JsonObject, wantsSignatures: boolean): Problem | undefined {
  const contents = body.contents;
  if (listOf(contents).length === 0) return { message: `* ${REQUEST}.contents: contents is not specified` };
  if (body.systemInstruction !== undefined) {
    const problem = isJsonObject(body.systemInstruction)
      ? checkParts(body.systemInstruction, 'system_instruction')
      : invalid('system_instruction', CONTENT, body.systemInstruction);
    if (problem !== undefined) return problem;
  }
  for (const [index, content] of listOf(contents).entries()) {
    const path = `contents[${index}]`;
    const problem = isJsonObject(content) ? checkContent(content, path) : invalid(path, CONTENT, content);
    if (problem !== undefined) return problem;
  }
  const turns = objectsOf(contents);
  return checkOrder(turns) ?? (wantsSignatures ? checkSignatures(turns) : undefined);
}

function checkContent(content: JsonObject, path: string): Problem | undefined {
  const unknown = findUnknownName(content, ['role', 'parts'], path);
  if (unknown !== undefined) return unknown;
  if (![undefined, 'user', 'model'].includes(content.role as string | undefined)) {
    return { message: 'Please use a valid role: user, model.' };
  }
  return checkParts(content, path);
}

function checkParts(content: JsonObject, path: string): Problem | undefined {
  const parts = listOf(content.parts);
  if (parts.length === 0) return { message: `* ${REQUEST}.${path}.parts: contents.parts must not be empty.` };
  for (const [index, part] of parts.entries()) {
    const at = `${path}.parts[${index}]`;
    const problem = isJsonObject(part)
      ? checkPart(part, at)
      : invalid(at, 'type.googleapis.com/google.ai.generativelanguage.v1beta.Part', part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkPart(part: JsonObject, at: string): Problem | undefined {
  const unknown = findUnknownName(part, PART_NAMES, at);
  if (unknown !== undefined) return unknown;
  const [first, second] = DATA.filter((name) => part[name] !== undefined);
  if (first === undefined) {
    return { message: `* ${REQUEST}.${at}.data: required oneof field 'data' must have one initialized field` };
  }
  if (second !== undefined) {
    return { message: `Invalid value at '${at}' (oneof), oneof field 'data' is already set. Cannot set '${second}'` };
  }
  if (part.text !== undefined && typeof part.text !== 'string') return invalid(`${at}.text`, 'TYPE_STRING', part.text);
  return (
    checkBytes(part.thoughtSignature, `${at}.thought_signature`) ??
    checkSignature(part.thoughtSignature) ??
    checkFunction(part, at) ??
    checkMedia(part, at)
  );
}

function checkBytes(value: Json | undefined, at: string): Problem | undefined {
  if (value === undefined || (typeof value === 'string' && isBase64(value))) return undefined;
  const shown = JSON.stringify(value).slice(0, 80);
  return { message: `Invalid value at '${at}' (TYPE_BYTES), Base64 decoding failed for ${shown}`, param: at };
}

function checkSignature(value: Json | undefined): Problem | undefined {
  return value === undefined || isThoughtSignature(textOf(value))
    ? undefined
    : { message: 'Corrupted thought signature.' };
}

function checkFunction(part: JsonObject, at: string): Problem | undefined {
  for (const [name, field] of [
    ['functionCall', 'args'],
    ['functionResponse', 'response'],
  ] as const) {
    const holder = part[name];
    if (holder === undefined) continue;
    const path = `${at}.${name === 'functionCall' ? 'function_call' : 'function_response'}`;
    const value = objectOf(holder)[field];
    if (value !== undefined && !isJsonObject(value)) return invalid(`${path}.${field}`, STRUCT, value);
    if (textOf(objectOf(holder).name) === '') return { message: `* ${REQUEST}.${path}.name: Name cannot be empty.` };
    if (name === 'functionResponse' && value === undefined) {
      return { message: `* ${REQUEST}.${path}.response: Response cannot be empty.` };
    }
  }
  return undefined;
}

function checkMedia(part: JsonObject, at: string): Problem | undefined {
  const inline = part.inlineData === undefined ? undefined : objectOf(part.inlineData);
  const problem = inline === undefined ? undefined : checkBytes(inline.data ?? '', `${at}.inline_data.data`);
  if (problem !== undefined) return problem;
  const media = inline ?? (part.fileData === undefined ? undefined : objectOf(part.fileData));
  const type = textOf(media?.mimeType);
  if (media === undefined || MEDIA.test(type) || (type === '' && inline === undefined)) return undefined;
  return { message: `Unsupported MIME type: ${type}` };
}

/** Results follow their calls at once, in one turn, all of them. */
function checkOrder(turns: readonly JsonObject[]): Problem | undefined {
  for (const [index, turn] of turns.entries()) {
    const before = turns[index - 1];
    const results = named(turn, 'functionResponse');
    const open = before?.role === 'model' ? named(before, 'functionCall') : [];
    if (results.length > 0 && open.length === 0) {
      return { message: 'Please ensure that function response turn comes immediately after a function call turn.' };
    }
    if (open.toSorted().join() !== results.toSorted().join()) {
      return {
        message:
          'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      };
    }
    if (
      turn.role === 'model' &&
      named(turn, 'functionCall').length > 0 &&
      (before === undefined || before.role === 'model')
    ) {
      return {
        message:
          'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      };
    }
  }
  return undefined;
}

/** Of every step since the user last spoke, the first call has to bring its signature back. */
function checkSignatures(turns: readonly JsonObject[]): Problem | undefined {
  const spoken = (turn: JsonObject): boolean =>
    turn.role !== 'model' && objectsOf(turn.parts).some((part) => part.functionResponse === undefined);
  const start = turns.findLastIndex(spoken) + 1;
  for (const [offset, turn] of turns.slice(start).entries()) {
    const call = objectsOf(turn.parts).find((part) => part.functionCall !== undefined);
    if (call === undefined || call.thoughtSignature !== undefined) continue;
    const name = textOf(objectOf(call.functionCall).name);
    return {
      message: `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\` , position ${start + offset + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    };
  }
  return undefined;
}

function named(turn: JsonObject, kind: 'functionCall' | 'functionResponse'): readonly string[] {
  return objectsOf(turn.parts)
    .filter((part) => part[kind] !== undefined)
    .map((part) => textOf(objectOf(part[kind]).name));
}
