/**
 * What tells one conversation from another: the same for all of its turns, so that they can go where their prefix lies in
 * a cache, and as a rule another one for other conversations, so that these spread.
 *
 * The beginning of the prompt is taken: the first of the system's words and of the first message after them. Both stand
 * still while a conversation grows. Not the system prompt alone: an application has one for all, and everything would go
 * to one server. Not a chain of hashes over every turn, which finds the longest prefix that a server has seen: it needs a
 * memory of who has seen what, instances on Lambda share none, and one that guesses drifts from what servers still hold.
 * Not the tools: some clients load them as they go, and a conversation is no worse off where it was.
 */
import type { ChatRequest, ContentPart, MediaSource, Message } from '../core/chat.ts';
import { uniform } from '../core/uniform.ts';

export interface ConversationHints {
  /** Whose hints they are: they say nothing about another key's. */
  readonly keyId: string;
  /** By lower-case names. */
  readonly headers: { readonly [name: string]: string };
}

/** Characters. Documents that many ask about differ behind this, if at all, and their prefix is worth being shared. */
const SYSTEM_CHARS = 1_024;
const FIRST_CHARS = 4_096;
const MEDIA_CHARS = 1_024;
const LONGEST_HINT = 256;
/** Far more than there are before the first message of a user. */
const MOST_SYSTEM_MESSAGES = 8;

/**
 * Headers by which clients name a session, in the order in which they are looked at: Fireworks' and OpenCode's, what most
 * gateways call it, Claude Code's, and Codex' (with a dash, earlier with an underscore).
 */
const SESSION_HEADERS = ['x-session-affinity', 'x-session-id', 'x-claude-code-session-id', 'session-id', 'session_id'];

/** A short text. Its cost is bounded: some 6,000 characters are looked at, however long the request is. */
export function conversationOf(request: ChatRequest, { keyId, headers }: ConversationHints): string {
  const session = SESSION_HEADERS.map((name) => headers[name]).find(isHint);
  if (session !== undefined) return digest(`session\n${keyId}\n${session}`);
  const system = systemOf(request.messages);
  const { promptCacheKey } = request;
  // As OpenAI reads it: together with the prefix, for one key may stand over many prompts.
  if (isHint(promptCacheKey)) return digest(`cache\n${keyId}\n${promptCacheKey}\n${system}`);
  const first = request.messages.find(({ role }) => role !== 'system');
  return digest(`prefix\n${system}\n${first === undefined ? '' : headOf(first)}`);
}

function isHint(value: string | undefined): value is string {
  return value !== undefined && value !== '' && value.length <= LONGEST_HINT;
}

const digest = (text: string): string => uniform(text).toString(36);

function systemOf(messages: readonly Message[]): string {
  let text = '';
  for (const message of messages.slice(0, MOST_SYSTEM_MESSAGES)) {
    if (message.role !== 'system') break;
    for (const part of message.content) {
      if (text.length >= SYSTEM_CHARS) return text;
      text += part.text.slice(0, SYSTEM_CHARS - text.length);
    }
  }
  return text;
}

function headOf({ role, content }: Message): string {
  let text = `${role}\n`;
  for (const part of content) {
    if (text.length >= FIRST_CHARS) break;
    text += describe(part).slice(0, FIRST_CHARS - text.length);
  }
  return text;
}

function describe(part: Message['content'][number]): string {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return part.text.slice(0, FIRST_CHARS);
    case 'image':
    case 'file':
    case 'audio':
      return `\n${part.type} ${describeSource(part.source)}\n`;
    case 'tool-call':
      return `\n${part.name} ${part.arguments.slice(0, FIRST_CHARS)}\n`;
    case 'tool-result':
      return part.content.map((each: ContentPart) => describe(each)).join('');
    case 'opaque':
      return `\n${part.origin}\n`;
  }
}

function describeSource(source: MediaSource): string {
  switch (source.type) {
    case 'base64':
      return `${source.data.length} ${source.data.slice(0, MEDIA_CHARS)}`;
    case 'url':
      return source.url.slice(0, MEDIA_CHARS);
    case 'reference':
      return source.id;
  }
}
