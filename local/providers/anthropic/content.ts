/** The blocks of an answer as Anthropic names them: what a stream spells out and a whole answer contains. */
import type { Json, JsonObject } from '../../../functions/core/json.ts';
import { contentText, objectOf, objectsOf } from '../fields.ts';
import { hasMarker } from '../prose.ts';
import type { Reply } from '../provider.ts';
import type { Answer, AnswerBlock } from '../question.ts';
import { encryptThinking, signThinking } from './signature.ts';

export interface ContentBlock {
  /** Complete, as it stands in a whole answer. */
  readonly whole: JsonObject;
  /** As a stream opens it. */
  readonly start: JsonObject;
  readonly deltas: readonly JsonObject[];
  /** After the deltas: the signature. */
  readonly closing: JsonObject | undefined;
  readonly reasoning: boolean;
  /** All that were generated; more than there are deltas where something is not shown. */
  readonly tokenCount: number;
}

export function contentOf(reply: Reply): readonly ContentBlock[] {
  const [answer] = reply.answers;
  return answer.blocks.map((block) => encodeBlock(block, reply)).filter((block) => block !== undefined);
}

/** Tokens that no block shows: of refusals, and of a call that `max_tokens` broke off. */
export function hiddenTokens(answer: Answer, blocks: readonly ContentBlock[]): number {
  return answer.outputTokens - blocks.reduce((sum, block) => sum + block.tokenCount, 0);
}

function encodeBlock(block: AnswerBlock, reply: Reply): ContentBlock | undefined {
  const text = block.tokens.join('');
  const common = { reasoning: block.type === 'reasoning', tokenCount: Math.max(block.tokens.length, 1) };
  switch (block.type) {
    case 'refusal':
      return undefined;
    case 'text':
      if (text === '') return undefined;
      return {
        ...common,
        whole: { type: 'text', text },
        start: { type: 'text', text: '' },
        deltas: block.tokens.map((token) => ({ type: 'text_delta', text: token })),
        closing: undefined,
      };
    case 'reasoning':
      return { ...common, ...encodeThinking(text, block.tokens, reply) };
    case 'tool-call': {
      const input = parseInput(text);
      if (input === undefined) return undefined;
      const head = { type: 'tool_use', id: `toolu_01${block.id}`, name: block.tool.name };
      return {
        ...common,
        whole: { ...head, input },
        start: { ...head, input: {} },
        // The first delta of every call is empty, and the only one where the tool takes no arguments (as recorded).
        deltas: ['', ...block.tokens].map((token) => ({ type: 'input_json_delta', partial_json: token })),
        closing: undefined,
      };
    }
  }
}

function encodeThinking(
  text: string,
  tokens: readonly string[],
  { request }: Reply,
): Pick<ContentBlock, 'whole' | 'start' | 'deltas' | 'closing'> {
  const lastUser = objectsOf(request.messages).findLast((message) => message.role === 'user');
  if (hasMarker(contentText(lastUser?.content), 'redactedThinking')) {
    const whole = { type: 'redacted_thinking', data: encryptThinking(text) };
    return { whole, start: whole, deltas: [], closing: undefined };
  }
  const omitted = objectOf(request.thinking).display === 'omitted';
  const thinking = omitted ? '' : text;
  const signature = signThinking(thinking);
  return {
    whole: { type: 'thinking', thinking, signature },
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: omitted ? [] : tokens.map((token) => ({ type: 'thinking_delta', thinking: token })),
    closing: { type: 'signature_delta', signature },
  };
}

/** `undefined` where `max_tokens` broke the JSON off: such a call is not shown at all. */
function parseInput(text: string): Json | undefined {
  if (text === '') return {};
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
