/** One item of an answer's output, told event by event. Events have their sequence numbers put in when they go out. */
import type { BlockStart, Signature } from '../../core/chat.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { type Proof, wrapProof } from './carried-proof.ts';

export type WireEvents = readonly JsonObject[];

/** Where an item stands in the output. */
export interface Slot {
  readonly id: string;
  readonly outputIndex: number;
}

export type ItemStatus = 'completed' | 'incomplete';

/** A block of the neutral model inside of an item. */
export interface AnswerBlock {
  write(text: string, logprobs: Json | undefined): WireEvents;
  annotate(annotation: JsonObject): WireEvents;
  sign(signature: Signature, redacted: boolean): void;
  end(): WireEvents;
}

export interface AnswerItem {
  /** All blocks of it have ended. */
  readonly ended: boolean;
  /** What closes it, and the item as it is in the output. */
  close(status: ItemStatus): { readonly events: WireEvents; readonly item: JsonObject };
}

export function added(slot: Slot, item: JsonObject): JsonObject {
  return { type: 'response.output_item.added', output_index: slot.outputIndex, item };
}

export function done(slot: Slot, item: JsonObject): JsonObject {
  return { type: 'response.output_item.done', output_index: slot.outputIndex, item };
}

/** An event about an item. */
export function about(slot: Slot, type: string, fields: JsonObject): JsonObject {
  return { type: `response.${type}`, item_id: slot.id, output_index: slot.outputIndex, ...fields };
}

type CallStart = Extract<BlockStart, { type: 'tool-call' }>;

/** `callId` is the provider's, or one that was made where it gave none. */
export function createCallItem(slot: Slot, start: CallStart, callId: string) {
  const custom = start.kind === 'custom';
  const [type, field, event] = custom
    ? (['custom_tool_call', 'input', 'custom_tool_call_input'] as const)
    : (['function_call', 'arguments', 'function_call_arguments'] as const);
  let text = '';
  let ended = false;
  let signature: Signature | undefined;
  const item = (status: string): JsonObject => ({
    id: slot.id,
    type,
    status,
    [field]: text,
    call_id: callId,
    name: start.name,
  });
  const write = (piece: string): WireEvents => {
    text += piece;
    return piece === '' ? [] : [about(slot, `${event}.delta`, { delta: piece })];
  };
  const block: AnswerBlock = {
    write,
    annotate: () => [],
    sign: (value) => {
      signature = value;
    },
    end() {
      ended = true;
      // Clients store what was streamed, and send it back: an empty string would be refused in every later turn.
      return !custom && text.trim() === '' ? write('{}') : [];
    },
  };
  const answer: AnswerItem = {
    get ended() {
      return ended;
    },
    close(status) {
      const events = ended ? [] : block.end();
      const closed = item(status);
      return { events: [...events, about(slot, `${event}.done`, { [field]: text }), done(slot, closed)], item: closed };
    },
  };
  return {
    opening: [added(slot, item('in_progress'))],
    block,
    item: answer,
    proof: (): Proof | undefined => (signature === undefined ? undefined : { kind: 'call', signature, id: callId }),
  };
}

/** The text goes into the summary: that is what clients show, and keep for the next turn. */
export function createReasoningItem(slot: Slot, id: string | undefined) {
  let text = '';
  let ended = false;
  let proof: Proof | undefined;
  const part = (): JsonObject => ({ type: 'summary_text', text });
  const at = (type: string, fields: JsonObject): JsonObject => about(slot, type, { summary_index: 0, ...fields });
  const block: AnswerBlock = {
    write(piece) {
      if (piece === '') return [];
      const opening = text === '' ? [at('reasoning_summary_part.added', { part: part() })] : [];
      text += piece;
      return [...opening, at('reasoning_summary_text.delta', { delta: piece })];
    },
    annotate: () => [],
    sign(signature, redacted) {
      proof = { kind: redacted ? 'redacted' : 'signature', signature, id };
    },
    end() {
      ended = true;
      if (text === '') return [];
      return [at('reasoning_summary_text.done', { text }), at('reasoning_summary_part.done', { part: part() })];
    },
  };
  const item: AnswerItem = {
    get ended() {
      return ended;
    },
    close() {
      const events = ended ? [] : block.end();
      const closed = reasoningItem(slot, text === '' ? [] : [part()], proof);
      return { events: [...events, done(slot, closed)], item: closed };
    },
  };
  return { opening: [added(slot, reasoningItem(slot, [], undefined))], block, item };
}

export function reasoningItem(slot: Slot, summary: readonly Json[], proof: Proof | undefined): JsonObject {
  return {
    id: slot.id,
    type: 'reasoning',
    ...(proof === undefined ? {} : { encrypted_content: wrapProof(proof) }),
    summary,
  };
}
