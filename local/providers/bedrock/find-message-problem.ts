import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import { isEncryptedThinking, isSignedThinking } from '../anthropic/signature.ts';
import { listOf, objectOf, objectsOf, textOf } from '../fields.ts';
import type { Family } from './models.ts';

export function findMessageProblem(body: JsonObject, family: Family): string | undefined {
  const messages = objectsOf(body.messages);
  if (messages.length === 0)
    return 'A conversation must start with a user message. Try again with a conversation that starts with a user message.';
  if (objectsOf(body.system).some((block) => typeof block.text === 'string' && block.text.trim() === '')) {
    return 'The text field in the SystemContentBlock object at system.0 is blank. Add text to the text field, and try again.';
  }
  let open: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    const problem = checkRole(message, messages[index - 1], index) ?? checkContent(message, index, family, open);
    if (problem !== undefined) return problem;
    const answered = blocksOf(message, 'toolResult').map((block) => textOf(block.toolUseId));
    const missing = open.filter((id) => !answered.includes(id));
    if (missing.length > 0) {
      return `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(', ')}, but found: ${answered.join(', ')}`;
    }
    open = blocksOf(message, 'toolUse').map((block) => textOf(block.toolUseId));
  }
  return checkToolConfig(body, messages) ?? checkDocuments(messages) ?? checkPrefill(messages, family);
}

function checkRole(message: JsonObject, previous: JsonObject | undefined, index: number): string | undefined {
  const { role } = message;
  if (role !== 'user' && role !== 'assistant') {
    return `1 validation error detected: Value '${String(role)}' at 'messages.${index + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`;
  }
  if (index === 0 && role === 'assistant') {
    return 'A conversation must start with a user message. Try again with a conversation that starts with a user message.';
  }
  return previous?.role === role
    ? 'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.'
    : undefined;
}

function checkContent(message: JsonObject, index: number, family: Family, open: readonly string[]): string | undefined {
  const content = listOf(message.content);
  if (content.length === 0)
    return `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`;
  for (const [position, block] of content.entries()) {
    const problem = checkBlock(block, `messages.${index}.content.${position}`, { message, family, open });
    if (problem !== undefined) return problem;
  }
  return undefined;
}

interface BlockContext {
  readonly message: JsonObject;
  readonly family: Family;
  readonly open: readonly string[];
}

function checkBlock(block: Json, path: string, { message, family, open }: BlockContext): string | undefined {
  if (!isJsonObject(block) || Object.keys(block).length !== 1) {
    return `The ContentBlock object at ${path} must set one of the following keys: text, image, toolUse, toolResult, document, video, cachePoint, reasoningContent, citationsContent, searchResult.`;
  }
  if (block.text !== undefined) {
    return textOf(block.text).trim() === ''
      ? `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`
      : undefined;
  }
  if (block.image !== undefined) {
    if (message.role !== 'user')
      return `The ContentBlock object at ${path} is invalid: images are only supported in user messages.`;
    return checkMedia(objectOf(block.image), IMAGE_FORMATS, path);
  }
  if (block.document !== undefined) {
    if (message.role !== 'user')
      return `The ContentBlock object at ${path} is invalid: documents are only supported in user messages.`;
    return checkDocument(objectOf(block.document), path);
  }
  if (block.toolUse !== undefined) return checkToolUse(objectOf(block.toolUse), path, family);
  if (block.toolResult !== undefined) return checkToolResult(objectOf(block.toolResult), path, open);
  if (block.reasoningContent !== undefined) return checkReasoning(objectOf(block.reasoningContent), path, family);
  return undefined;
}

const IMAGE_FORMATS = ['png', 'jpeg', 'gif', 'webp'];
const DOCUMENT_FORMATS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'];

function checkMedia({ format, source }: JsonObject, formats: readonly string[], path: string): string | undefined {
  if (!formats.includes(textOf(format))) {
    return `1 validation error detected: Value '${textOf(format)}' at '${path}.format' failed to satisfy constraint: Member must satisfy enum value set: [${formats.join(', ')}]`;
  }
  return /^[A-Za-z0-9+/]+={0,2}$/.test(textOf(objectOf(source).bytes))
    ? undefined
    : `The source field in the ContentBlock object at ${path} is not valid base64.`;
}

function checkDocument(document: JsonObject, path: string): string | undefined {
  const name = textOf(document.name);
  if (!/^[a-zA-Z0-9()[\]-]+( [a-zA-Z0-9()[\]-]+)*$/.test(name) || name.length > 200) {
    return "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.";
  }
  return checkMedia(document, DOCUMENT_FORMATS, path);
}

function checkToolUse({ toolUseId, name, input }: JsonObject, path: string, family: Family): string | undefined {
  if (!isJsonObject(input)) {
    return `The format of the value at ${path}.toolUse.input is invalid. Provide a json object for the field and try again.`;
  }
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(textOf(name))) return pattern(textOf(name), `${path}.toolUse.name`);
  return checkId(toolUseId, `${path}.toolUse.toolUseId`) ?? checkMistralId(textOf(toolUseId), family);
}

function checkId(id: Json | undefined, path: string): string | undefined {
  return /^[a-zA-Z0-9_-]{1,64}$/.test(textOf(id)) ? undefined : pattern(textOf(id), path);
}

function pattern(value: string, path: string): string {
  return `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`;
}

function checkMistralId(id: string, family: Family): string | undefined {
  if (family !== 'mistral' || /^[a-zA-Z0-9]{9}$/.test(id)) return undefined;
  return `The model returned the following errors: Tool call id was ${id} but must be a-z, A-Z, 0-9, with a length of 9.`;
}

function checkToolResult(result: JsonObject, path: string, open: readonly string[]): string | undefined {
  const id = textOf(result.toolUseId);
  if (!open.includes(id)) {
    return `The number of toolResult blocks at ${path.split('.content')[0]}.content exceeds the number of toolUse blocks of previous turn.`;
  }
  const content = listOf(result.content);
  if (content.length === 0) return `The content field at ${path}.toolResult is empty. Add content and try again.`;
  const blank = objectsOf(content).some((part) => typeof part.text === 'string' && part.text.trim() === '');
  return blank
    ? `The text field at ${path}.toolResult.content is blank. Add text to the text field, and try again.`
    : undefined;
}

function checkReasoning(
  { reasoningText, redactedContent }: JsonObject,
  path: string,
  family: Family,
): string | undefined {
  if (family !== 'claude') {
    return 'User messages cannot contain reasoning content. Please remove the reasoning content and try again.';
  }
  const { text, signature } = objectOf(reasoningText);
  const valid =
    redactedContent === undefined
      ? isSignedThinking(textOf(text), textOf(signature))
      : isEncryptedThinking(textOf(redactedContent));
  return valid
    ? undefined
    : `The model returned the following errors: ${path}: Invalid \`signature\` in \`thinking\` block`;
}

function checkToolConfig(body: JsonObject, messages: readonly JsonObject[]): string | undefined {
  const used = messages.some(
    (message) => [...blocksOf(message, 'toolUse'), ...blocksOf(message, 'toolResult')].length > 0,
  );
  return used && body.toolConfig === undefined
    ? 'The toolConfig field must be defined when using toolUse and toolResult content blocks.'
    : undefined;
}

function checkDocuments(messages: readonly JsonObject[]): string | undefined {
  const names = messages.flatMap((message) => blocksOf(message, 'document').map((document) => textOf(document.name)));
  return new Set(names).size < names.length
    ? 'The model returned the following errors: Found duplicate document file names. Use unique names.'
    : undefined;
}

function checkPrefill(messages: readonly JsonObject[], family: Family): string | undefined {
  const last = messages.at(-1);
  if (last?.role !== 'assistant' || family !== 'claude') return undefined;
  return /\s$/.test(textOf(objectsOf(last.content).at(-1)?.text))
    ? 'The model returned the following errors: messages: final assistant content cannot end with trailing whitespace'
    : undefined;
}

function blocksOf(message: JsonObject, name: string): readonly JsonObject[] {
  return objectsOf(message.content).flatMap((block) => (isJsonObject(block[name]) ? [block[name]] : []));
}
