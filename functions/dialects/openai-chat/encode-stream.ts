import type { BlockStart, ChatEvent, ChatRequest, Signature } from '../../core/chat.ts';
import type { AnswerContext, StreamEncoder } from '../../core/codec.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { toWireError } from '../../core/openai-error.ts';
import type { Usage } from '../../core/usage.ts';
import { toWireUsage } from './convert-usage.ts';
import { answerId, callId } from './encode-response.ts';
import { toWireReason } from './map-finish-reason.ts';
import { encodeCallSignature, encodeDetails } from './reasoning-details.ts';
import { DONE } from './wire.ts';

interface OpenBlock {
  readonly start: BlockStart;
  readonly choice: number;
  /** Place in its choice: among the calls for a call, among the reasoning blocks for reasoning. */
  readonly position: number;
  empty: boolean;
  /**
   * Reasoning only. A signature holds for the whole text, and goes out beside it as one entry: clients that put pieces
   * together get it wrong. The most that this holds is the reasoning of one answer.
   */
  readonly text: string[];
  signature: Signature | undefined;
  redacted: Signature | undefined;
}

interface Choice {
  calls: number;
  reasonings: number;
  refused: boolean;
}

export function createEncoder(request: ChatRequest, context: AnswerContext): StreamEncoder {
  const { requestId } = context;
  const blocks = new Map<number, OpenBlock>();
  const choices = new Map<number, Choice>();
  let id = `chatcmpl-${requestId}`;
  let created = context.createdAt;
  let model = request.model;
  let usage: Usage | undefined;
  /** The chunk that names a call waits for the next event: clients read a signature where the call is named, or nowhere. */
  let opening: { readonly index: number; readonly choice: number; readonly call: JsonObject } | undefined;

  const chunk = (list: readonly Json[], total: Usage | null = null): string =>
    line({
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      system_fingerprint: null,
      choices: list,
      ...(request.includeUsage ? { usage: total === null ? null : toWireUsage(total) } : {}),
    });

  const delta = (choice: number, fields: JsonObject, logprobs: Json = null, reason: string | null = null): string =>
    chunk([{ index: choice, delta: fields, logprobs, finish_reason: reason }]);

  /** Every choice begins with a chunk that says who speaks. */
  const enter = (choice: number): { readonly state: Choice; readonly role: string } => {
    const known = choices.get(choice);
    if (known !== undefined) return { state: known, role: '' };
    const state: Choice = { calls: 0, reasonings: 0, refused: false };
    choices.set(choice, state);
    return { state, role: delta(choice, { role: 'assistant', content: '', refusal: null }) };
  };

  function startBlock(event: Extract<ChatEvent, { type: 'block-start' }>): string {
    const { block, choice, index } = event;
    const { state, role } = enter(choice);
    const position = block.type === 'tool-call' ? state.calls++ : block.type === 'reasoning' ? state.reasonings++ : 0;
    if (block.type === 'refusal') state.refused = true;
    blocks.set(index, {
      start: block,
      choice,
      position,
      empty: true,
      text: [],
      signature: undefined,
      redacted: undefined,
    });
    if (block.type === 'opaque') return block.origin === 'openai-chat' ? role + delta(choice, block.data) : role;
    if (block.type !== 'tool-call') return role;
    const call: JsonObject = {
      index: position,
      id: callId(block.id, requestId, index),
      type: block.kind,
      ...(block.kind === 'custom'
        ? { custom: { name: block.name, input: '' } }
        : { function: { name: block.name, arguments: '' } }),
    };
    opening = { index, choice, call };
    return role;
  }

  function openCall(signature?: Signature): string {
    if (opening === undefined) return '';
    const { choice, call } = opening;
    opening = undefined;
    return delta(choice, { tool_calls: [{ ...call, ...encodeCallSignature(signature) }] });
  }

  function sign({ index, signature, redacted }: Extract<ChatEvent, { type: 'block-signature' }>): string {
    const block = blocks.get(index);
    if (block !== undefined && redacted === true) block.redacted = signature;
    else if (opening?.index === index) return openCall(signature);
    else if (block !== undefined) block.signature = signature;
    return '';
  }

  function writeBlock(block: OpenBlock, text: string, logprobs: Json | undefined): string {
    if (text === '' && logprobs === undefined) return '';
    block.empty = false;
    const { start, choice, position } = block;
    switch (start.type) {
      case 'text':
        return delta(choice, { content: text }, logprobs === undefined ? null : { content: logprobs, refusal: null });
      case 'refusal':
        return delta(choice, { refusal: text }, logprobs === undefined ? null : { content: null, refusal: logprobs });
      case 'reasoning':
        block.text.push(text);
        return delta(choice, { reasoning_content: text });
      case 'tool-call': {
        const piece = start.kind === 'custom' ? { custom: { input: text } } : { function: { arguments: text } };
        return delta(choice, { tool_calls: [{ index: position, ...piece }] });
      }
      case 'opaque':
        return '';
    }
  }

  function endBlock(block: OpenBlock): string {
    const { start, choice, position, signature, redacted } = block;
    if (start.type === 'reasoning') {
      const part = {
        text: block.text.join(''),
        ...(start.id === undefined ? {} : { id: start.id }),
        ...(signature === undefined ? {} : { signature }),
        ...(redacted === undefined ? {} : { redacted }),
      };
      const details = encodeDetails(part, position);
      return details.length === 0 ? '' : delta(choice, { reasoning_details: details });
    }
    if (start.type !== 'tool-call') return '';
    // Clients store what was streamed, and send it back: an empty string would be refused in every later turn.
    const empty = start.kind === 'function' && block.empty ? writeBlock(block, '{}', undefined) : '';
    if (signature === undefined) return empty;
    const piece = start.kind === 'custom' ? { custom: { input: '' } } : { function: { arguments: '' } };
    return empty + delta(choice, { tool_calls: [{ index: position, ...piece, ...encodeCallSignature(signature) }] });
  }

  function write(event: ChatEvent): string {
    switch (event.type) {
      case 'response-start':
        id = answerId(event.id, requestId);
        model = event.model || model;
        created = event.createdAt ?? created;
        return enter(0).role;
      case 'block-start':
        return startBlock(event);
      case 'block-delta': {
        const block = blocks.get(event.index);
        return block === undefined ? '' : writeBlock(block, event.text, event.logprobs);
      }
      case 'block-signature':
        return sign(event);
      case 'block-annotation': {
        const block = blocks.get(event.index);
        if (block === undefined || event.origin !== 'openai-chat') return '';
        return delta(block.choice, { annotations: [event.data] });
      }
      case 'block-end': {
        const block = blocks.get(event.index);
        blocks.delete(event.index);
        return block === undefined ? '' : endBlock(block);
      }
      case 'finish': {
        const { state, role } = enter(event.choice);
        const reason = toWireReason(event.reason, { toolCall: state.calls > 0, refusal: state.refused });
        return role + delta(event.choice, {}, null, reason);
      }
      case 'usage':
        usage = event.usage;
        return '';
    }
  }

  return {
    push: (event) => (event.type === 'block-signature' ? '' : openCall()) + write(event),
    end: () => `${request.includeUsage && usage !== undefined ? chunk([], usage) : ''}data: ${DONE}\n\n`,
    fail: (error: GatewayError) => line({ error: toWireError(error, requestId) }),
  };
}

const line = (data: JsonObject): string => `data: ${JSON.stringify(data)}\n\n`;
