/** https://platform.claude.com/docs/en/build-with-claude/working-with-messages */
import { decodeCache } from '../../core/cache-marker.ts';
import type { ContentPart, Message, TextPart, ToolResultPart } from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { invalidRequest, type Path, parseRequest } from '../../core/parse.ts';
import { fieldNames } from '../../core/unknown-fields.ts';
import { decodeAssistant } from './decode-assistant.ts';
import { blockType, common, decodeContent, decodeText, opaque, readContent } from './decode-content.ts';
import { toolResultSchema } from './wire.ts';

/** These may stand in answers only. */
const ASSISTANT_ONLY = new Set(['tool_use', 'thinking', 'redacted_thinking']);

export function decodeSystem(system: string | readonly JsonObject[] | null | undefined): readonly Message[] {
  if (!system || system.length === 0) return [];
  return [{ role: 'system', content: typeof system === 'string' ? [text(system)] : systemTexts(system, ['system']) }];
}

export function decodeMessages(messages: readonly JsonObject[]): readonly Message[] {
  /** Ids of all calls so far: a result has to answer one of them. */
  const calls = new Set<string>();
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  return messages.flatMap((message, index): readonly Message[] => {
    const at = ['messages', index];
    fieldNames(message, at);
    switch (message.role) {
      case 'user':
        return decodeUser(message, at, calls);
      case 'assistant':
        return decodeTurn(message, at, calls);
      case 'system':
        // https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages: no longer shown then.
        return message.clear_at === 'next_user_message' && index < lastUser ? [] : decodeLaterSystem(message, at);
      case undefined:
        throw invalidRequest([...at, 'role'], 'is missing');
      default:
        throw invalidRequest(
          [...at, 'role'],
          `must be "user", "assistant" or "system", but is ${JSON.stringify(message.role)}`,
        );
    }
  });
}

function text(value: string): TextPart {
  return { type: 'text', text: value };
}

function systemTexts(blocks: readonly JsonObject[], at: Path): readonly TextPart[] {
  return blocks.map((block, index) => {
    if (blockType(block, [...at, index]) === 'text') return decodeText(block, [...at, index]);
    throw invalidRequest([...at, index, 'type'], 'must be "text" in system');
  });
}

/** Changes of the tools are of this API only: they are kept apart, so that no other provider gets them as text. */
function decodeLaterSystem(message: JsonObject, at: Path): readonly Message[] {
  const content = readContent(message.content ?? [], [...at, 'content']);
  if (typeof content === 'string') return content === '' ? [] : [{ role: 'system', content: [text(content)] }];
  const texts: TextPart[] = [];
  const others: ContentPart[] = [];
  content.forEach((block, index) => {
    const place = [...at, 'content', index];
    if (blockType(block, place) === 'text') texts.push(decodeText(block, place));
    else others.push(opaque(block));
  });
  return [
    ...(texts.length === 0 ? [] : [{ role: 'system', content: texts } as const]),
    ...(others.length === 0 ? [] : [{ role: 'user', content: others } as const]),
  ];
}

/** Results of calls are a message of their own in front of what the user says: the API wants them there, too. */
function decodeUser(message: JsonObject, at: Path, calls: ReadonlySet<string>): readonly Message[] {
  const content = readContent(message.content, [...at, 'content']);
  if (content.length === 0) throw invalidRequest([...at, 'content'], 'must not be empty');
  if (typeof content === 'string') return [{ role: 'user', content: [text(content)] }];
  const results: ToolResultPart[] = [];
  const said: ContentPart[] = [];
  content.forEach((block, index) => {
    const place = [...at, 'content', index];
    const type = blockType(block, place);
    if (type === 'tool_result') results.push(decodeResult(block, place, calls));
    else if (ASSISTANT_ONLY.has(type)) {
      throw invalidRequest([...place, 'type'], `is "${type}", which only assistant messages may hold`);
    } else said.push(decodeContent(block, place));
  });
  return [
    ...(results.length === 0 ? [] : [{ role: 'tool', content: results } as const]),
    ...(said.length === 0 ? [] : [{ role: 'user', content: said } as const]),
  ];
}

function decodeResult(block: JsonObject, at: Path, calls: ReadonlySet<string>): ToolResultPart {
  const wire = parseRequest(toolResultSchema, block, at);
  if (!calls.has(wire.tool_use_id)) {
    throw invalidRequest([...at, 'tool_use_id'], 'is not the id of a tool_use block in an assistant message before it');
  }
  const content = wire.content ?? [];
  return {
    type: 'tool-result',
    callId: wire.tool_use_id,
    content:
      typeof content === 'string'
        ? [text(content)]
        : content.map((inner, index) => decodeContent(inner, [...at, 'content', index])),
    ...(wire.is_error === true ? { isError: true } : {}),
    ...common(block, ['tool_use_id', 'content', 'is_error'], at),
  };
}

/** An answer without content is no turn: it happens (a refusal, an answer of nothing), and clients send it back. */
function decodeTurn(message: JsonObject, at: Path, calls: Set<string>): readonly Message[] {
  const content = readContent(message.content, [...at, 'content']);
  if (content.length === 0) return [];
  if (typeof content === 'string') return [{ role: 'assistant', content: [text(content)] }];
  const parts = decodeAssistant(content, [...at, 'content']);
  for (const part of parts) if (part.type === 'tool-call') calls.add(part.id);
  return [{ role: 'assistant', content: parts }];
}

/**
 * A marker on the request itself is meant for its last block, where that has none. Thoughts cannot carry one, but they
 * are never last where it matters: what follows an answer is the user's.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export function markEnd(messages: readonly Message[], body: JsonObject): readonly Message[] {
  const { cache } = decodeCache(body, []);
  const last = messages.at(-1);
  const part = last?.content.at(-1);
  if (cache === undefined || last === undefined || part === undefined || part.cache !== undefined) return messages;
  const marked = { ...last, content: [...last.content.slice(0, -1), { ...part, cache }] } as Message;
  return [...messages.slice(0, -1), marked];
}
