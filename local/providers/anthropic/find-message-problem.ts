import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import { objectOf, objectsOf, textOf } from '../fields.ts';
import { isEncryptedThinking, isSignedThinking } from './signature.ts';

export function findMessageProblem(body: JsonObject): string | undefined {
  const messages = body.messages;
  if (messages === undefined) return 'messages: Field required';
  if (!Array.isArray(messages)) return 'messages: Input should be a valid list';
  if (messages.length === 0) return 'messages: at least one message is required';
  let open: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    if (!isJsonObject(message)) return `messages.${index}: Input should be an object`;
    const path = `messages.${index}`;
    const problem = checkRole(message, path, index) ?? checkContent(message, path, index === messages.length - 1, open);
    if (problem !== undefined) return problem;
    const answered = blocksOf(message, 'tool_result').map((block) => block.tool_use_id);
    const missing = open.filter((id) => !answered.includes(id));
    if (missing.length > 0) {
      return `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    }
    open = blocksOf(message, 'tool_use').map((block) => textOf(block.id));
  }
  return checkLastThinking(body, messages);
}

function checkRole(message: JsonObject, path: string, index: number): string | undefined {
  const role = message.role;
  if (role === 'system' && index === 0) {
    return 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.';
  }
  if (index === 0 && role === 'assistant') return 'messages: first message must use the "user" role';
  if (role === 'user' || role === 'assistant' || role === 'system') return undefined;
  return role === undefined
    ? `${path}.role: Field required`
    : `messages: Unexpected role "${String(role)}". Allowed roles are "user" or "assistant".`;
}

function checkContent(message: JsonObject, path: string, isLast: boolean, open: readonly string[]): string | undefined {
  const { content, role } = message;
  if (content === undefined) return `${path}.content: Field required`;
  if (typeof content !== 'string' && !Array.isArray(content)) return `${path}.content: Input should be a valid list`;
  if (content.length === 0 && !(isLast && role === 'assistant')) {
    return `${path}: all messages must have non-empty content except for the optional final assistant message`;
  }
  if (isLast && role === 'assistant' && /\s$/.test(lastText(content))) {
    return `messages: final assistant content cannot end with trailing whitespace`;
  }
  for (const [index, block] of objectsOf(content).entries()) {
    const problem = checkBlock(block, `${path}.content.${index}`, open);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkBlock(block: JsonObject, path: string, open: readonly string[]): string | undefined {
  switch (block.type) {
    case 'text':
      return textOf(block.text) === '' ? 'messages: text content blocks must be non-empty' : undefined;
    case 'image':
      return checkImage(objectOf(block.source), path);
    case 'tool_use':
      if (!isJsonObject(block.input)) return `${path}.tool_use.input: Input should be an object`;
      return /^[a-zA-Z0-9_-]+$/.test(textOf(block.id))
        ? undefined
        : `${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`;
    case 'tool_result': {
      const id = textOf(block.tool_use_id);
      return open.includes(id)
        ? undefined
        : `${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    }
    case 'thinking':
      return isSignedThinking(textOf(block.thinking), textOf(block.signature))
        ? undefined
        : `${path}: Invalid \`signature\` in \`thinking\` block`;
    case 'redacted_thinking':
      return isEncryptedThinking(textOf(block.data))
        ? undefined
        : `${path}: Invalid \`data\` in \`redacted_thinking\` block`;
    case undefined:
      return `${path}.type: Field required`;
    default:
      return undefined;
  }
}

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

function checkImage(source: JsonObject, path: string): string | undefined {
  if (source.type === 'url') {
    return /^https:\/\//.test(textOf(source.url)) ? undefined : 'Only HTTPS URLs are supported.';
  }
  if (source.type !== 'base64') return undefined;
  if (!IMAGE_TYPES.includes(textOf(source.media_type))) {
    return `${path}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`;
  }
  return /^[A-Za-z0-9+/]+={0,2}$/.test(textOf(source.data))
    ? undefined
    : `${path}.image.source.base64.data: Invalid base64 data`;
}

/** With a fixed thinking budget, a turn that called tools has to come back with its thoughts. */
function checkLastThinking(body: JsonObject, messages: readonly Json[]): string | undefined {
  if (objectOf(body.thinking).type !== 'enabled') return undefined;
  const last = objectsOf(messages).findLastIndex((message) => message.role === 'assistant');
  const message = objectOf(messages[last]);
  const [first] = objectsOf(message.content);
  const type = textOf(first?.type);
  if (blocksOf(message, 'tool_use').length === 0 || type === 'thinking' || type === 'redacted_thinking') {
    return undefined;
  }
  return `messages.${last}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`;
}

function blocksOf(message: JsonObject, type: string): readonly JsonObject[] {
  return objectsOf(message.content).filter((block) => block.type === type);
}

function lastText(content: string | readonly Json[]): string {
  return typeof content === 'string' ? content : textOf(objectsOf(content).at(-1)?.text);
}
