/** The blocks of an answer as Converse names them: what a stream spells out and a whole answer contains. */
import type { JsonObject } from '../../../functions/core/json.ts';
import { encryptThinking, signThinking } from '../anthropic/signature.ts';
import { contentText, objectsOf } from '../fields.ts';
import { parseCall } from '../parse-call.ts';
import { hasMarker } from '../prose.ts';
import type { Reply } from '../provider.ts';
import type { Answer, AnswerBlock } from '../question.ts';
import { familyOf } from './models.ts';

export interface ContentBlock {
  /** Complete, as it stands in a whole answer. */
  readonly whole: JsonObject;
  /** As a stream opens it; text and reasoning begin with their first delta. */
  readonly start: JsonObject | undefined;
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

/** Tokens that no block shows: of a call that `maxTokens` broke off. */
export function hiddenTokens(answer: Answer, blocks: readonly ContentBlock[]): number {
  return answer.outputTokens - blocks.reduce((sum, block) => sum + block.tokenCount, 0);
}

function encodeBlock(block: AnswerBlock, reply: Reply): ContentBlock | undefined {
  const text = block.tokens.join('');
  const common = { reasoning: block.type === 'reasoning', tokenCount: Math.max(block.tokens.length, 1) };
  switch (block.type) {
    // The API has no word for it: a refusal is what the model says.
    case 'refusal':
    case 'text':
      if (text === '') return undefined;
      return {
        ...common,
        whole: { text },
        start: undefined,
        deltas: block.tokens.map((token) => ({ text: token })),
        closing: undefined,
      };
    case 'reasoning':
      return { ...common, start: undefined, ...encodeReasoning(text, block.tokens, reply) };
    case 'tool-call': {
      const input = parseCall(text);
      if (input === undefined) return undefined;
      const head = { toolUseId: `tooluse_${block.id}`, name: block.tool.name };
      return {
        ...common,
        whole: { toolUse: { ...head, input } },
        start: { toolUse: head },
        // Of a call without arguments there is one delta, and it is empty (as recorded).
        deltas: (block.tokens.length === 0 ? [''] : block.tokens).map((token) => ({ toolUse: { input: token } })),
        closing: undefined,
      };
    }
  }
}

function encodeReasoning(
  text: string,
  tokens: readonly string[],
  reply: Reply,
): Pick<ContentBlock, 'whole' | 'deltas' | 'closing'> {
  const lastUser = objectsOf(reply.request.messages).findLast((message) => message.role === 'user');
  if (hasMarker(contentText(lastUser?.content), 'redactedThinking')) {
    const redactedContent = encryptThinking(text);
    const block = { reasoningContent: { redactedContent } };
    return { whole: block, deltas: [block], closing: undefined };
  }
  // Only Claude signs, with the keys that it has everywhere.
  const signed = familyOf(reply.model) === 'claude' ? { signature: signThinking(text) } : {};
  return {
    whole: { reasoningContent: { reasoningText: { text, ...signed } } },
    deltas: tokens.map((token) => ({ reasoningContent: { text: token } })),
    closing: 'signature' in signed ? { reasoningContent: signed } : undefined,
  };
}
