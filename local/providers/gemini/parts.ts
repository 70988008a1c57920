/** The parts of an answer as Gemini names them: what a stream sends one by one and a whole answer contains. */
import type { JsonObject } from '../../../functions/core/json.ts';
import { objectOf, objectsOf } from '../fields.ts';
import { parseCall } from '../parse-call.ts';
import type { Reply } from '../provider.ts';
import type { Answer, AnswerBlock } from '../question.ts';
import { camelCase } from './camel-case.ts';
import { signThought } from './signature.ts';
import { signsAlways, signsFunctionTurns } from './thinking.ts';

export interface AnswerPart {
  /** As it stands in a whole answer; `undefined` where it is not shown. */
  readonly whole: JsonObject | undefined;
  /** As a stream sends it. Calls come in one piece, whatever they take. */
  readonly pieces: readonly JsonObject[];
  readonly tokens: number;
  readonly reasoning: boolean;
}

export interface AnswerParts {
  readonly parts: readonly AnswerPart[];
  /** A text's signature comes at the end of a stream, on a part of its own. */
  readonly closing: JsonObject;
}

export function partsOf(answer: Answer, reply: Reply): AnswerParts {
  const request = camelCase(reply.request);
  const thinking = objectOf(objectOf(request.generationConfig).thinkingConfig);
  const parts = answer.blocks.map((block) => encodeBlock(block, thinking.includeThoughts === true));
  const signature = signatureOf(answer, reply, request);
  if (signature === undefined) return { parts, closing: { text: '' } };
  const call = parts.findIndex((part) => part.whole?.functionCall !== undefined);
  const isLate = call < 0 && signsAlways(reply.model);
  const spoken = (part: AnswerPart): boolean => part.whole !== undefined && !part.reasoning;
  const target = call >= 0 ? call : isLate ? parts.findLastIndex(spoken) : parts.findIndex(spoken);
  return {
    parts: parts.map((part, index) => (index === target ? sign(part, signature, isLate) : part)),
    closing: isLate && target >= 0 ? { text: '', ...signature } : { text: '' },
  };
}

function encodeBlock(block: AnswerBlock, includeThoughts: boolean): AnswerPart {
  const text = block.tokens.join('');
  const common = { tokens: Math.max(block.tokens.length, 1), reasoning: block.type === 'reasoning' };
  const hidden = { ...common, whole: undefined, pieces: [] };
  if (block.type === 'tool-call') {
    const args = parseCall(text);
    if (args === undefined) return hidden;
    // As recorded: where there are no arguments, there is no field for them.
    const part = { functionCall: { name: block.tool.name, ...(text === '' ? {} : { args }) } };
    return { ...common, whole: part, pieces: [part] };
  }
  if (block.type === 'reasoning' && !includeThoughts) return hidden;
  const mark = block.type === 'reasoning' ? { thought: true } : {};
  return { ...common, whole: { text, ...mark }, pieces: block.tokens.map((token) => ({ text: token, ...mark })) };
}

function signatureOf(answer: Answer, reply: Reply, request: JsonObject): JsonObject | undefined {
  const hasFunctions = objectsOf(request.tools).some((tool) => tool.functionDeclarations !== undefined);
  const thinks = answer.reasoningTokens > 0 && signsFunctionTurns(reply.model) && hasFunctions;
  if (!thinks && !signsAlways(reply.model)) return undefined;
  return { thoughtSignature: signThought(JSON.stringify([reply.model, answer.blocks])) };
}

function sign(part: AnswerPart, signature: JsonObject, isLate: boolean): AnswerPart {
  const whole = { ...part.whole, ...signature };
  if (isLate) return { ...part, whole };
  const [first, ...rest] = part.pieces;
  return { ...part, whole, pieces: [{ ...first, ...signature }, ...rest] };
}
