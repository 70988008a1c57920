import type { JsonObject } from '../../../functions/core/json.ts';
import { interleave } from '../interleave.ts';
import type { Reply, Script, Step } from '../provider.ts';
import { encodeBlocked, encodeFrame, encodeUsage, FINISH_REASONS, isBlocked } from './encode-whole.ts';
import { errorBody } from './errors.ts';
import { type AnswerPart, partsOf } from './parts.ts';

/** Chunks as events, or as the elements of one array. */
interface Framing {
  first(chunk: JsonObject): string;
  next(chunk: JsonObject): string;
  readonly end: string;
  readonly contentType?: string;
}

const SSE: Framing = { first: event, next: event, end: '' };
const JSON_ARRAY: Framing = {
  first: (chunk) => `[${JSON.stringify(chunk)}`,
  next: (chunk) => `,\r\n${JSON.stringify(chunk)}`,
  end: '\n]\n',
  contentType: 'application/json; charset=UTF-8',
};

interface Piece {
  readonly candidate: number;
  readonly part: JsonObject | undefined;
  readonly tokens: number;
  readonly reasoning: boolean;
}

export function encodeStream(reply: Reply): Script {
  const framing = reply.asked.format === 'json-array' ? JSON_ARRAY : SSE;
  const all = reply.answers.map((answer) => partsOf(answer, reply));
  const pieces = interleave(all.map(({ parts }, candidate) => parts.flatMap((part) => piecesOf(part, candidate))));
  const steps = encodeSteps(reply, pieces, framing);
  const isEmpty = steps.every((step) => step.text === '');
  const last = isBlocked(reply) ? { ...encodeBlocked(reply), ...encodeFrame(reply) } : encodeLast(reply, all);
  return {
    head: '',
    steps,
    tail: '',
    // There is no terminal event: the reason to finish is what says that nothing is missing.
    done: (isEmpty ? framing.first(last) : framing.next(last)) + framing.end,
    ...(framing.contentType === undefined ? {} : { contentType: framing.contentType }),
    errorAfter: (count) => {
      const isFirst = steps.slice(0, count).every((step) => step.text === '');
      const error = errorBody('overloaded', { status: 503, model: reply.model, requestId: '' });
      return (isFirst ? framing.first(error) : framing.next(error)) + framing.end;
    },
    malformedEvent:
      reply.asked.format === 'json-array' ? ',\r\n{"candidates":[{"cont' : 'data: {"candidates":[{"cont\r\n\r\n',
  };
}

function piecesOf(part: AnswerPart, candidate: number): readonly Piece[] {
  const { pieces, tokens, reasoning } = part;
  if (pieces.length === 0) return [{ candidate, part: undefined, tokens, reasoning }];
  // A text has a piece a token; a call is one piece of many.
  const each = pieces.length === 1 ? tokens : 1;
  return pieces.map((piece) => ({ candidate, part: piece, tokens: each, reasoning }));
}

/** Every chunk has the usage so far. */
function encodeSteps(reply: Reply, pieces: readonly Piece[], framing: Framing): readonly Step[] {
  const spent = { outputTokens: 0, reasoningTokens: 0 };
  let isFirst = true;
  return pieces.map(({ candidate, part, tokens, reasoning }) => {
    spent.outputTokens += tokens;
    if (reasoning) spent.reasoningTokens += tokens;
    if (part === undefined) return { text: '', tokens, reasoning };
    const chunk = {
      candidates: [{ content: { parts: [part], role: 'model' }, index: candidate }],
      ...(reply.omitUsage ? {} : { usageMetadata: encodeUsage(reply, { ...reply.usage, ...spent }) }),
      ...encodeFrame(reply),
    };
    const text = isFirst ? framing.first(chunk) : framing.next(chunk);
    isFirst = false;
    return { text, tokens, reasoning };
  });
}

function encodeLast(reply: Reply, all: readonly { readonly closing: JsonObject }[]): JsonObject {
  return {
    candidates: reply.answers.map((answer, index) => ({
      content: { parts: [all[index]?.closing ?? { text: '' }], role: 'model' },
      finishReason: FINISH_REASONS[answer.finish],
      index,
    })),
    ...(reply.omitUsage ? {} : { usageMetadata: encodeUsage(reply, reply.usage) }),
    ...encodeFrame(reply),
  };
}

/** Google ends its lines the long way. */
function event(chunk: JsonObject): string {
  return `data: ${JSON.stringify(chunk)}\r\n\r\n`;
}
