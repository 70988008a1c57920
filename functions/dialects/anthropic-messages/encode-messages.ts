/** https://platform.claude.com/docs/en/build-with-claude/working-with-messages */
import type { Message } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type MergedTurn, mergeTurns } from '../../core/merge-turns.ts';
import { encodeParts, type PartContext } from './encode-part.ts';

export interface EncodedConversation {
  readonly system: readonly JsonObject[];
  readonly messages: readonly JsonObject[];
}

type Turn = MergedTurn<'user' | 'assistant' | 'system', JsonObject>;

/**
 * Leading system messages become `system`. Later ones stay where they are: moved to the front they would be applied to
 * what was said before them, and the provider would find none of its cached prefix again.
 */
export function encodeMessages(
  messages: readonly Message[],
  laterSystemMessages: boolean,
  context: PartContext,
): EncodedConversation {
  const rest = messages.findIndex((message) => message.role !== 'system');
  const leading = rest === -1 ? messages.length : rest;
  const turns = messages.map((message, index): Turn => {
    if (message.role !== 'tool' && message.name !== undefined) context.drop(`messages[${index}].name`);
    const blocks = encodeParts(message.content, `messages[${index}].content`, context);
    return { role: message.role === 'tool' ? 'user' : message.role, blocks };
  });
  const system = turns.slice(0, leading).flatMap((turn) => turn.blocks);
  const conversation = settleSystemTurns(mergeTurns(turns.slice(leading)), laterSystemMessages);
  const last = conversation.at(-1);
  if (last?.role === 'assistant') conversation[conversation.length - 1] = trimPrefill(last);
  const body = conversation.map((turn) => ({ role: turn.role, content: order(turn) }));
  if (body.length > 0) return { system, messages: body };
  // The API wants a turn to answer; a conversation of nothing but instructions is answered by OpenAI.
  if (system.length > 0) return { system: [], messages: [{ role: 'user', content: system }] };
  throw new GatewayError('invalid-request', 'The conversation holds nothing but blank text', { param: 'messages' });
}

/**
 * A system turn may follow a user turn and end the conversation or precede an assistant turn, with models that know it.
 * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
 * Everywhere else it is part of the user's turn, marked for what it is. The mark is a hint for the model, no boundary:
 * users can write it, too.
 */
function settleSystemTurns(turns: readonly Turn[], laterSystemMessages: boolean): Turn[] {
  return mergeTurns(
    turns.map((turn, index): Turn => {
      if (turn.role !== 'system') return turn;
      const before = turns[index - 1]?.role;
      const after = turns[index + 1]?.role;
      if (laterSystemMessages && before === 'user' && after !== 'user') return turn;
      const blocks = turn.blocks.map((block) => ({ ...block, text: `<system>\n${String(block.text)}\n</system>` }));
      return { role: 'user', blocks };
    }),
  );
}

/** The API wants the results of tool calls in front of anything else that the user says. */
function order(turn: Turn): readonly JsonObject[] {
  if (turn.role !== 'user') return turn.blocks;
  const results = turn.blocks.filter((block) => block.type === 'tool_result');
  return [...results, ...turn.blocks.filter((block) => block.type !== 'tool_result')];
}

/** An answer that is begun for the model must not end in white space: the API refuses it. */
function trimPrefill(turn: Turn): Turn {
  const last = turn.blocks.at(-1);
  if (last?.type !== 'text' || typeof last.text !== 'string') return turn;
  return { ...turn, blocks: [...turn.blocks.slice(0, -1), { ...last, text: last.text.trimEnd() }] };
}
