/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html */
import type { Message } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type MergedTurn, mergeTurns } from '../../core/merge-turns.ts';
import { type Block, encodeParts, type PartContext, withCachePoints } from './encode-part.ts';

export interface EncodedConversation {
  readonly system: readonly JsonObject[];
  readonly messages: readonly JsonObject[];
}

type Turn = MergedTurn<'user' | 'assistant', Block>;

/**
 * Leading system messages become `system`. Later ones stay where they are, as part of the user's turn and marked for what
 * they are: moved to the front they would be applied to what was said before them, and the provider would find none of its
 * cached prefix again. The SDK knows a role `system`, but the live API was seen to refuse it with every model
 * (BerriAI/litellm #41043 and #41082, stdapi-ai/stdapi.ai #49). The mark is a hint for the model, no boundary.
 *
 * Results of parallel calls come as messages of their own and leave as one turn: the API wants all of them in the turn
 * after the calls.
 */
export function encodeMessages(messages: readonly Message[], context: PartContext): EncodedConversation {
  const rest = messages.findIndex((message) => message.role !== 'system');
  const leading = rest === -1 ? messages.length : rest;
  const encoded = messages.map((message, index) => {
    if (message.role !== 'tool' && message.name !== undefined) context.drop(`messages[${index}].name`);
    return encodeParts(message.content, `messages[${index}].content`, {
      ...context,
      byModel: message.role === 'assistant',
    });
  });
  const turns = messages.map((message, index): Turn => {
    const blocks = encoded[index] ?? [];
    if (message.role === 'assistant') return { role: 'assistant', blocks };
    return { role: 'user', blocks: message.role === 'system' ? blocks.map(markSystem) : blocks };
  });
  const allowed = context.traits.cachePoints !== 'nowhere';
  const system = withCachePoints(encoded.slice(0, leading).flat(), allowed);
  const conversation = mergeTurns(turns.slice(leading));
  const last = conversation.at(-1);
  if (last?.role === 'assistant') conversation[conversation.length - 1] = trimPrefill(last);
  const body = conversation.map((turn) => ({ role: turn.role, content: withCachePoints(order(turn), allowed) }));
  if (body.length > 0) return { system, messages: body };
  // The API wants a turn to answer; a conversation of nothing but instructions is answered by OpenAI.
  if (system.length > 0) return { system: [], messages: [{ role: 'user', content: system }] };
  throw new GatewayError('invalid-request', 'The conversation holds nothing but blank text', { param: 'messages' });
}

function markSystem({ block, cache }: Block): Block {
  return { block: { ...block, text: `<system>\n${String(block.text)}\n</system>` }, cache };
}

/** Claude wants the results of tool calls in front of anything else that the user says. */
function order(turn: Turn): readonly Block[] {
  if (turn.role !== 'user') return turn.blocks;
  const isResult = ({ block }: Block): boolean => 'toolResult' in block;
  return [...turn.blocks.filter(isResult), ...turn.blocks.filter((item) => !isResult(item))];
}

/** An answer that is begun for the model must not end in white space: Claude refuses it. */
function trimPrefill(turn: Turn): Turn {
  const last = turn.blocks.at(-1);
  if (typeof last?.block.text !== 'string') return turn;
  return { ...turn, blocks: [...turn.blocks.slice(0, -1), { ...last, block: { text: last.block.text.trimEnd() } }] };
}
