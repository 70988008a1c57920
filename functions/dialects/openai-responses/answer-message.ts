/** A message item: texts and refusals that follow each other are its parts. */
import type { Signature } from '../../core/chat.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { type AnswerBlock, type AnswerItem, about, added, done, type Slot, type WireEvents } from './answer-item.ts';
import type { Proof } from './carried-proof.ts';

interface Part {
  readonly block: AnswerBlock;
  readonly ended: boolean;
  json(): JsonObject;
}

export interface StartedPart {
  readonly opening: WireEvents;
  readonly block: AnswerBlock;
  proof(): Proof | undefined;
}

export interface MessageItem extends AnswerItem {
  readonly opening: WireEvents;
  startPart(type: 'text' | 'refusal'): StartedPart;
}

export function createMessageItem(slot: Slot): MessageItem {
  const parts: Part[] = [];
  const item = (status: string): JsonObject => ({
    id: slot.id,
    type: 'message',
    status,
    content: parts.map((part) => part.json()),
    role: 'assistant',
  });
  return {
    opening: [added(slot, item('in_progress'))],
    startPart(type) {
      const contentIndex = parts.length;
      const part = type === 'text' ? textPart(slot, contentIndex) : refusalPart(slot, contentIndex);
      parts.push(part);
      const opening = about(slot, 'content_part.added', { content_index: contentIndex, part: part.json() });
      return { opening: [opening], block: part.block, proof: part.proof };
    },
    get ended() {
      return parts.every((part) => part.ended);
    },
    close(status) {
      const events = parts.flatMap((part) => (part.ended ? [] : part.block.end()));
      const closed = item(status);
      return { events: [...events, done(slot, closed)], item: closed };
    },
  };
}

function textPart(slot: Slot, contentIndex: number) {
  let text = '';
  let ended = false;
  let signature: Signature | undefined;
  const logprobs: Json[] = [];
  const annotations: JsonObject[] = [];
  const at = (type: string, fields: JsonObject): JsonObject =>
    about(slot, type, { content_index: contentIndex, ...fields });
  const json = (): JsonObject => ({
    type: 'output_text',
    annotations: [...annotations],
    logprobs: [...logprobs],
    text,
  });
  const block: AnswerBlock = {
    write(piece, probabilities) {
      const list: readonly Json[] = Array.isArray(probabilities) ? probabilities : [];
      if (piece === '' && list.length === 0) return [];
      text += piece;
      for (const entry of list) logprobs.push(entry);
      return [at('output_text.delta', { delta: piece, logprobs: list })];
    },
    annotate(annotation) {
      annotations.push(annotation);
      return [at('output_text.annotation.added', { annotation_index: annotations.length - 1, annotation })];
    },
    sign: (value) => {
      signature = value;
    },
    end() {
      ended = true;
      return [at('output_text.done', { text, logprobs: [...logprobs] }), at('content_part.done', { part: json() })];
    },
  };
  const proof = (): Proof | undefined =>
    signature === undefined ? undefined : { kind: 'text', signature, id: undefined };
  return {
    block,
    get ended() {
      return ended;
    },
    json,
    proof,
  };
}

function refusalPart(slot: Slot, contentIndex: number) {
  let refusal = '';
  let ended = false;
  const at = (type: string, fields: JsonObject): JsonObject =>
    about(slot, type, { content_index: contentIndex, ...fields });
  const json = (): JsonObject => ({ type: 'refusal', refusal });
  const block: AnswerBlock = {
    write(piece) {
      refusal += piece;
      return piece === '' ? [] : [at('refusal.delta', { delta: piece })];
    },
    annotate: () => [],
    sign: () => {},
    end() {
      ended = true;
      return [at('refusal.done', { refusal }), at('content_part.done', { part: json() })];
    },
  };
  return {
    block,
    get ended() {
      return ended;
    },
    json,
    proof: () => undefined,
  };
}
