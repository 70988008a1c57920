/** https://platform.claude.com/docs/en/build-with-claude/streaming */
import type { ChatEvent, ChatRequest } from '../../core/chat.ts';
import type { AnswerContext, StreamEncoder } from '../../core/codec.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Usage } from '../../core/usage.ts';
import { toWireUsage } from './convert-usage.ts';
import { toWireError } from './encode-error.ts';
import { encodeStop, messageHead } from './encode-response.ts';
import { type BlockEvent, createBlockSerializer } from './serialize-blocks.ts';
import { type BlockWriter, createBlockWriter, createWireBlocks } from './write-block.ts';

export function createEncoder(request: ChatRequest, context: AnswerContext): StreamEncoder {
  const { requestId } = context;
  const serializer = createBlockSerializer();
  const blocks = createWireBlocks();
  const foreignChoices = new Set<number>();
  const seen = { toolCall: false, refusal: false };
  let id = '';
  let model = request.model;
  let usage: Usage | undefined;
  let started = false;
  let writer: BlockWriter | undefined;
  let stop: JsonObject | undefined;

  /** As late as the first block: some providers have counted the input by then, and clients read it here. */
  const start = (): readonly JsonObject[] => {
    if (started) return [];
    started = true;
    const unfinished = { content: [], stop_reason: null, stop_sequence: null, stop_details: null };
    const message = { ...messageHead(id, model, requestId), ...unfinished, usage: toWireUsage(usage) };
    return [{ type: 'message_start', message }];
  };

  const write = (event: BlockEvent): readonly JsonObject[] => {
    switch (event.type) {
      case 'block-start':
        writer = createBlockWriter(event.block, blocks, requestId);
        return [];
      case 'block-delta':
        return writer?.delta(event.text) ?? [];
      case 'block-signature':
        writer?.sign(event.signature, event.redacted === true);
        return [];
      case 'block-annotation':
        return event.origin === 'anthropic-messages' ? (writer?.annotate(event.data) ?? []) : [];
      case 'block-end': {
        const last = writer?.end() ?? [];
        writer = undefined;
        return last;
      }
    }
  };

  const pushBlock = (event: BlockEvent): readonly JsonObject[] => {
    if (event.type === 'block-start') {
      // The dialect cannot ask for more than one answer.
      if (event.choice !== 0) foreignChoices.add(event.index);
      else seen.toolCall ||= event.block.type === 'tool-call';
      seen.refusal ||= event.choice === 0 && event.block.type === 'refusal';
    }
    if (foreignChoices.has(event.index)) return [];
    return [...start(), ...serializer.push(event).flatMap(write)];
  };

  const push = (event: ChatEvent): readonly JsonObject[] => {
    switch (event.type) {
      case 'response-start':
        id = event.id;
        model = event.model || model;
        return [];
      case 'finish': {
        if (event.choice !== 0) return [];
        const rest = [...start(), ...serializer.end().flatMap(write)];
        stop = encodeStop(event, seen);
        return rest;
      }
      case 'usage':
        usage = event.usage;
        return [];
      default:
        return pushBlock(event);
    }
  };

  return {
    push: (event) => toText(push(event)),
    // Only now: usage may come behind the finish, and clients read the last of it here.
    end: () =>
      toText([
        ...start(),
        { type: 'message_delta', delta: stop ?? encodeStop(undefined, seen), usage: toWireUsage(usage) },
        { type: 'message_stop' },
      ]),
    fail: (error) => toText([toWireError(error, requestId)]),
  };
}

function toText(events: readonly JsonObject[]): string {
  return events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}
