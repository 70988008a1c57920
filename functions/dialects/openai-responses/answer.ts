/**
 * An answer under construction: neutral events in, events of this dialect out. Its last event holds the whole response,
 * so that an unstreamed answer is the end of the stream that it could have been.
 */
import type { ChatEvent } from '../../core/chat.ts';
import type { AnswerContext } from '../../core/codec.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { toWireError } from '../../core/openai-error.ts';
import type { Usage } from '../../core/usage.ts';
import {
  type AnswerBlock,
  type AnswerItem,
  added,
  createCallItem,
  createReasoningItem,
  done,
  type ItemStatus,
  reasoningItem,
  type Slot,
  type WireEvents,
} from './answer-item.ts';
import { createMessageItem, type MessageItem } from './answer-message.ts';
import type { Proof } from './carried-proof.ts';
import { toAnnotation } from './convert-annotation.ts';
import { toWireUsage } from './convert-usage.ts';
import { toWireEnd } from './map-finish-reason.ts';
import { responseObject, settingsOf } from './response-object.ts';
import { DIALECT } from './wire.ts';

export interface Answer {
  push(event: ChatEvent): WireEvents;
  /** The terminal event. */
  end(): JsonObject;
  fail(error: GatewayError): WireEvents;
}

interface OpenItem {
  readonly slot: Slot;
  readonly item: AnswerItem;
}

interface OpenBlock {
  readonly block: AnswerBlock;
  /** Of what this dialect has no field for a signature of. */
  proof(): Proof | undefined;
}

type Finish = Extract<ChatEvent, { type: 'finish' }>;

export function createAnswer(context: AnswerContext): Answer {
  const { requestId, request } = context;
  const settings = settingsOf(request);
  const output: JsonObject[] = [];
  const blocks = new Map<number, OpenBlock>();
  /** In the order in which they started. */
  let open: readonly OpenItem[] = [];
  /** Takes the next text, until something else starts. */
  let message: MessageItem | undefined;
  let head = { id: `resp_${requestId}`, createdAt: context.createdAt, model: request?.model ?? '' };
  let items = 0;
  let started = false;
  let usage: Usage | undefined;
  let finish: Finish | undefined;
  const seen = { toolCall: false, refusal: false };

  const response = (fields: JsonObject): JsonObject => responseObject(head, settings, fields);

  const begin = (): WireEvents => {
    if (started) return [];
    started = true;
    const begun = response({ status: 'in_progress', output: [] });
    return [
      { type: 'response.created', response: begun },
      { type: 'response.in_progress', response: begun },
    ];
  };

  /** Of the gateway's own making, and marked so: a provider is never shown them. */
  const nextSlot = (prefix: 'msg' | 'rs' | 'fc' | 'ctc'): Slot => {
    const outputIndex = items;
    items += 1;
    return { id: `${prefix}_tg_${requestId}_${outputIndex}`, outputIndex };
  };

  const close = ({ slot, item }: OpenItem, status: ItemStatus): WireEvents => {
    const closed = item.close(status);
    output[slot.outputIndex] = closed.item;
    return closed.events;
  };

  /**
   * Items whose blocks have ended are closed when the next one starts, or the answer ends: only then is it known that
   * they were not cut off.
   */
  const closeEnded = (): WireEvents => {
    const ended = open.filter(({ item }) => item.ended);
    if (ended.length === 0) return [];
    open = open.filter(({ item }) => !item.ended);
    return ended.flatMap((entry) => close(entry, 'completed'));
  };

  const carry = (proof: Proof): WireEvents => {
    const slot = nextSlot('rs');
    const item = reasoningItem(slot, [], proof);
    output[slot.outputIndex] = item;
    return [added(slot, item), done(slot, item)];
  };

  const openMessage = (): { readonly target: MessageItem; readonly opening: WireEvents } => {
    if (message !== undefined) return { target: message, opening: [] };
    const closing = closeEnded();
    const slot = nextSlot('msg');
    const target = createMessageItem(slot);
    open = [...open, { slot, item: target }];
    message = target;
    return { target, opening: [...closing, ...target.opening] };
  };

  const startBlock = ({ index, block }: Extract<ChatEvent, { type: 'block-start' }>): WireEvents => {
    if (block.type === 'opaque') {
      if (block.origin !== DIALECT) return [];
      const closing = closeEnded();
      message = undefined;
      const slot = { id: '', outputIndex: items++ };
      output[slot.outputIndex] = block.data;
      return [...closing, added(slot, block.data), done(slot, block.data)];
    }
    if (block.type === 'text' || block.type === 'refusal') {
      if (block.type === 'refusal') seen.refusal = true;
      const { target, opening } = openMessage();
      const part = target.startPart(block.type);
      blocks.set(index, part);
      return [...opening, ...part.opening];
    }
    message = undefined;
    const closing = closeEnded();
    if (block.type === 'reasoning') {
      const slot = nextSlot('rs');
      const created = createReasoningItem(slot, block.id);
      open = [...open, { slot, item: created.item }];
      blocks.set(index, { block: created.block, proof: () => undefined });
      return [...closing, ...created.opening];
    }
    seen.toolCall = true;
    const slot = nextSlot(block.kind === 'custom' ? 'ctc' : 'fc');
    const created = createCallItem(slot, block, block.id || `call_${requestId}_${slot.outputIndex}`);
    open = [...open, { slot, item: created.item }];
    blocks.set(index, created);
    return [...closing, ...created.opening];
  };

  const endBlock = (index: number): WireEvents => {
    const ended = blocks.get(index);
    blocks.delete(index);
    const proof = ended?.proof();
    return [...(ended?.block.end() ?? []), ...(proof === undefined ? [] : carry(proof))];
  };

  const closeAll = (event: Finish): WireEvents => {
    finish = event;
    const cutOff = event.reason === 'length' || event.reason === 'content-filter' || event.reason === 'error';
    const events = open.flatMap((entry, position) =>
      close(entry, cutOff && position === open.length - 1 ? 'incomplete' : 'completed'),
    );
    open = [];
    return events;
  };

  const dispatch = (event: ChatEvent): WireEvents => {
    switch (event.type) {
      case 'response-start':
        return [];
      case 'block-start':
        return event.choice === 0 ? startBlock(event) : [];
      case 'block-delta':
        return blocks.get(event.index)?.block.write(event.text, event.logprobs) ?? [];
      case 'block-signature':
        blocks.get(event.index)?.block.sign(event.signature, event.redacted === true);
        return [];
      case 'block-annotation': {
        const annotation = toAnnotation(event.origin, event.data);
        return annotation === undefined ? [] : (blocks.get(event.index)?.block.annotate(annotation) ?? []);
      }
      case 'block-end':
        return endBlock(event.index);
      case 'finish':
        return event.choice === 0 ? closeAll(event) : [];
      case 'usage':
        usage = event.usage;
        return [];
    }
  };

  return {
    push(event) {
      if (event.type === 'response-start' && !started) {
        head = { ...head, createdAt: event.createdAt ?? head.createdAt, model: event.model || head.model };
      }
      return [...begin(), ...dispatch(event)];
    },
    end() {
      const { status, fields } = toWireEnd(finish?.reason ?? 'stop', seen);
      const wireUsage = usage === undefined ? null : toWireUsage(usage);
      return { type: `response.${status}`, response: response({ ...fields, status, output, usage: wireUsage }) };
    },
    fail(error) {
      const wire = toWireError(error, requestId);
      const { message: text, code, param } = wire;
      const failed = { code: code ?? 'server_error', message: text };
      return [
        // Flat is what the reference says, nested what the API sends: clients read one or the other.
        { type: 'error', code, message: text, param, error: wire },
        {
          type: 'response.failed',
          response: response({ status: 'failed', error: failed, output: output.filter(Boolean) }),
        },
      ];
    },
  };
}
