/** The items of an answer: whole, and as the events that a stream spells them out with. */
import type { JsonObject } from '../../../functions/core/json.ts';
import { listOf, objectOf } from '../fields.ts';
import type { Reply } from '../provider.ts';
import type { Answer, AnswerBlock } from '../question.ts';
import { digest } from '../seed.ts';
import { encryptReasoning, unfinishedReasoning } from './encrypted-content.ts';

export interface OutputItem {
  /** Complete, as it stands in a whole answer. */
  readonly whole: JsonObject;
  /** As a stream opens it. */
  readonly start: JsonObject;
  /** Between the item's own first and last event. */
  readonly opening: readonly JsonObject[];
  readonly deltas: readonly JsonObject[];
  readonly closing: readonly JsonObject[];
  readonly reasoning: boolean;
  readonly tokens: number;
}

export function itemsOf(reply: Reply): readonly OutputItem[] {
  const [answer] = reply.answers;
  return answer.blocks.map((block, index) => encodeBlock(block, index, reply, statusOf(answer, index)));
}

/** What was broken off is incomplete: that can only be the last one. */
function statusOf(answer: Answer, index: number): 'completed' | 'incomplete' {
  const isCut = answer.finish === 'length' || answer.finish === 'content-filter';
  return isCut && index === answer.blocks.length - 1 ? 'incomplete' : 'completed';
}

function encodeBlock(block: AnswerBlock, index: number, reply: Reply, status: string): OutputItem {
  const place = { output_index: index };
  const itemId = (prefix: string): string => `${prefix}_${digest(`${reply.id}#${index}`).slice(0, 48)}`;
  const common = { reasoning: block.type === 'reasoning', tokens: Math.max(block.tokens.length, 1) };
  switch (block.type) {
    case 'reasoning':
      return { ...common, ...encodeReasoning(block.tokens, itemId('rs'), place, reply) };
    case 'tool-call': {
      const isCustom = block.tool.kind === 'custom';
      return { ...common, ...encodeCall(block, { id: itemId(isCustom ? 'ctc' : 'fc'), place, status }) };
    }
    default:
      return { ...common, ...encodeMessage(block.type, block.tokens, { id: itemId('msg'), place, status }) };
  }
}

type Encoded = Omit<OutputItem, 'reasoning' | 'tokens'>;
interface Identity {
  readonly id: string;
  readonly place: { readonly output_index: number };
  readonly status: string;
}

function encodeMessage(type: 'text' | 'refusal', tokens: readonly string[], { id, place, status }: Identity): Encoded {
  const text = tokens.join('');
  const at = { item_id: id, ...place, content_index: 0 };
  const base = { id, type: 'message', role: 'assistant' };
  const part = (value: string): JsonObject =>
    type === 'text'
      ? { type: 'output_text', annotations: [], logprobs: [], text: value }
      : { type: 'refusal', refusal: value };
  const name = type === 'text' ? 'output_text' : 'refusal';
  const extra = type === 'text' ? { logprobs: [] } : {};
  return {
    whole: { ...base, status, content: [part(text)] },
    start: { ...base, status: 'in_progress', content: [] },
    opening: [{ type: 'response.content_part.added', ...at, part: part('') }],
    deltas: tokens.map((token) => ({
      type: `response.${name}.delta`,
      ...at,
      delta: token,
      ...extra,
      ...padding(token),
    })),
    closing: [
      { type: `response.${name}.done`, ...at, [type]: text, ...extra },
      { type: 'response.content_part.done', ...at, part: part(text) },
    ],
  };
}

function encodeCall(block: Extract<AnswerBlock, { type: 'tool-call' }>, { id, place, status }: Identity): Encoded {
  const isCustom = block.tool.kind === 'custom';
  const [type, field] = isCustom ? ['custom_tool_call', 'input'] : ['function_call', 'arguments'];
  // A function without arguments is called with `{}`, in one piece.
  const tokens = block.tokens.length === 0 && !isCustom ? ['{}'] : block.tokens;
  const at = { item_id: id, ...place };
  const base = { id, type, call_id: `call_${block.id}`, name: block.tool.name };
  const name = `response.${isCustom ? 'custom_tool_call_input' : 'function_call_arguments'}`;
  return {
    whole: { ...base, status, [field]: tokens.join('') },
    start: { ...base, status: 'in_progress', [field]: '' },
    opening: [],
    deltas: tokens.map((token) => ({ type: `${name}.delta`, ...at, delta: token, ...padding(token) })),
    closing: [{ type: `${name}.done`, ...at, [field]: tokens.join('') }],
  };
}

/** Thoughts are shown as a summary, and that only where it is asked for. */
function encodeReasoning(tokens: readonly string[], id: string, place: Identity['place'], { request }: Reply): Encoded {
  const text = tokens.join('');
  const summary = objectOf(request.reasoning).summary;
  const isShown = typeof summary === 'string';
  const isEncrypted = listOf(request.include).includes('reasoning.encrypted_content');
  const at = { item_id: id, ...place, summary_index: 0 };
  const part = (value: string): JsonObject => ({ type: 'summary_text', text: value });
  const name = 'response.reasoning_summary';
  return {
    whole: {
      id,
      type: 'reasoning',
      ...(isEncrypted ? { encrypted_content: encryptReasoning(text) } : {}),
      summary: isShown ? [part(text)] : [],
    },
    start: {
      id,
      type: 'reasoning',
      ...(isEncrypted ? { encrypted_content: unfinishedReasoning(text) } : {}),
      summary: [],
    },
    opening: isShown ? [{ type: `${name}_part.added`, ...at, part: part('') }] : [],
    deltas: isShown
      ? tokens.map((token) => ({ type: `${name}_text.delta`, ...at, delta: token, ...padding(token) }))
      : [],
    closing: isShown
      ? [
          { type: `${name}_text.done`, ...at, text },
          { type: `${name}_part.done`, ...at, part: part(text) },
        ]
      : [],
  };
}

/** Hides the length of tokens from whoever sees the encrypted packets only. */
function padding(token: string): JsonObject {
  return { obfuscation: 'x'.repeat(16 - (token.length % 16)) };
}
