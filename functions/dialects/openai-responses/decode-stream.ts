/** https://platform.openai.com/docs/api-reference/responses-streaming */
import type { ChatEvent } from '../../core/chat.ts';
import type { Frame, Restore, StreamDecoder } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { decodeErrorBody, holdsError } from '../../core/openai-error.ts';
import { readCount, readList, readObject, readText } from '../../core/read.ts';
import { readTerms, withExtras } from '../../core/usage.ts';
import { usageEvent } from '../../core/usage-event.ts';
import { convertUsage } from './convert-usage.ts';
import { createOutputItem, type ItemContext, type OutputItem, type PartKind, type Place } from './decode-item.ts';
import { completeReason, mapIncompleteReason } from './map-finish-reason.ts';
import { DIALECT } from './wire.ts';

export function createDecoder(restore?: Restore): StreamDecoder {
  const decoder = createWireEventDecoder(restore);
  return {
    push(frame) {
      const data = frame.data.trim();
      // `[DONE]` is not of this dialect; some compatible servers send it all the same.
      if (decoder.done || data === '' || data === '[DONE]') return [];
      const value = parseEvent(frame);
      return decoder.decode(readText(value.type) || (frame.event ?? ''), value);
    },
    end: decoder.end,
    get done() {
      return decoder.done;
    },
  };
}

export interface WireEventDecoder {
  decode(type: string, event: JsonObject): readonly ChatEvent[];
  end(): readonly ChatEvent[];
  readonly done: boolean;
}

/** Events about a part of an item: which part, what field holds the text, and whether it is a piece or the whole. */
const PART_EVENTS: ReadonlyMap<string, readonly [kind: PartKind, field: string, whole: boolean]> = new Map([
  ['response.output_text.delta', ['output_text', 'delta', false]],
  ['response.output_text.done', ['output_text', 'text', true]],
  ['response.refusal.delta', ['refusal', 'delta', false]],
  ['response.refusal.done', ['refusal', 'refusal', true]],
  ['response.reasoning_summary_text.delta', ['summary', 'delta', false]],
  ['response.reasoning_summary_text.done', ['summary', 'text', true]],
  ['response.reasoning_text.delta', ['reasoning_text', 'delta', false]],
  ['response.reasoning_text.done', ['reasoning_text', 'text', true]],
  ['response.function_call_arguments.delta', ['arguments', 'delta', false]],
  ['response.function_call_arguments.done', ['arguments', 'arguments', true]],
  ['response.custom_tool_call_input.delta', ['arguments', 'delta', false]],
  ['response.custom_tool_call_input.done', ['arguments', 'input', true]],
]);

/** Items of tools that OpenAI runs, and charges for beside their tokens. */
const CHARGED: ReadonlySet<string> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
]);

/** Items that begin without being announced, at servers that leave the announcement out. A call would have no name. */
const UNANNOUNCED: { readonly [K in PartKind]: string | undefined } = {
  output_text: 'message',
  refusal: 'message',
  summary: 'reasoning',
  reasoning_text: 'reasoning',
  arguments: undefined,
};

export function createWireEventDecoder(restore?: Restore): WireEventDecoder {
  const items = new Map<number, { readonly item: OutputItem; readonly start: JsonObject; closed: boolean }>();
  const seen = { toolCall: false, refusal: false };
  let blocks = 0;
  let started = false;
  let done = false;
  let out: ChatEvent[] = [];

  const context: ItemContext = {
    restore,
    nextIndex: () => blocks++,
    emit: (event) => {
      out.push(event);
    },
    sawRefusal: () => {
      seen.refusal = true;
    },
    sawToolCall: () => {
      seen.toolCall = true;
    },
  };

  const start = (response: JsonObject): void => {
    if (started) return;
    started = true;
    const createdAt = readCount(response.created_at);
    const head = { id: readText(response.id), model: readText(response.model) };
    out.push({ type: 'response-start', ...head, ...(createdAt > 0 ? { createdAt } : {}) });
  };

  const itemAt = (index: number, item: JsonObject) => {
    const known = items.get(index);
    if (known !== undefined) return known;
    const created = { item: createOutputItem(item, context), start: item, closed: false };
    items.set(index, created);
    return created;
  };

  const closeItem = (index: number, whole: JsonObject): void => {
    const target = itemAt(index, whole);
    if (target.closed) return;
    target.closed = true;
    target.item.close(whole);
  };

  const decodePart = (event: JsonObject, [kind, field, whole]: readonly [PartKind, string, boolean]): void => {
    const type = UNANNOUNCED[kind];
    const index = readCount(event.output_index);
    const target = items.get(index) ?? (type === undefined ? undefined : itemAt(index, { type }));
    if (target === undefined || target.closed) return;
    const place: Place = {
      kind,
      index: kind === 'summary' ? readCount(event.summary_index) : readCount(event.content_index),
    };
    const text = readText(event[field]);
    if (whole) target.item.complete(place, text);
    else target.item.write(place, text, readList(event.logprobs));
  };

  const hasCharged = (output: readonly JsonObject[]): boolean =>
    [...output, ...[...items.values()].map(({ start: begun }) => begun)].some(({ type }) =>
      CHARGED.has(readText(type)),
    );

  /** What the events did not tell, the response at the end of them does. */
  const finish = (response: JsonObject): void => {
    const output = readList(response.output).map(readObject);
    if (items.size === 0) for (const [index, item] of output.entries()) closeItem(index, item);
    for (const [index, { start: begun }] of items) {
      const whole = output[index];
      // The encrypted form of reasoning is whole at its end only.
      closeItem(
        index,
        whole !== undefined && whole.type === begun.type ? whole : { ...begun, encrypted_content: null },
      );
    }
    const reason = readText(readObject(response.incomplete_details).reason);
    out.push({
      type: 'finish',
      choice: 0,
      reason: response.status === 'incomplete' ? mapIncompleteReason(reason) : completeReason(seen),
      rawReason: response.status === 'incomplete' && reason !== '' ? reason : readText(response.status) || 'completed',
    });
    const usage = convertUsage(response.usage);
    if (usage !== undefined)
      out.push(usageEvent(usage, withExtras(readTerms(response.service_tier), hasCharged(output))));
    done = true;
  };

  const decode = (type: string, event: JsonObject): void => {
    const response = readObject(event.response);
    const part = PART_EVENTS.get(type);
    if (part !== undefined) {
      start({});
      decodePart(event, part);
      return;
    }
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        start(response);
        break;
      case 'response.output_item.added':
        start({});
        itemAt(readCount(event.output_index), readObject(event.item));
        break;
      case 'response.output_item.done':
        start({});
        closeItem(readCount(event.output_index), readObject(event.item));
        break;
      case 'response.output_text.annotation.added': {
        const target = items.get(readCount(event.output_index));
        const place = { kind: 'output_text', index: readCount(event.content_index) } as const;
        if (target?.closed === false) target.item.annotate(place, readObject(event.annotation));
        break;
      }
      case 'response.completed':
      case 'response.incomplete':
        start(response);
        finish(type === 'response.incomplete' ? { ...response, status: 'incomplete' } : response);
        break;
      case 'response.failed':
      case 'response.cancelled':
        throw failed(response);
      case 'error':
        throw decodeErrorBody(event);
      default:
        if (!type.startsWith('response.') && holdsError(event)) throw decodeErrorBody(event);
        // What happens inside of an item is told again when it is whole. Other events are this dialect's own.
        if (type.startsWith('response.') && !('output_index' in event) && !('item_id' in event)) {
          start({});
          const index = blocks++;
          out.push({ type: 'block-start', index, choice: 0, block: { type: 'opaque', origin: DIALECT, data: event } });
          out.push({ type: 'block-end', index });
        }
    }
  };

  return {
    decode(type, event) {
      out = [];
      decode(type, event);
      return out;
    },
    end() {
      if (done) return [];
      throw new GatewayError('upstream-truncated', 'The provider ended its answer before it was complete.');
    },
    get done() {
      return done;
    },
  };
}

export function failed(response: JsonObject): GatewayError {
  const { error, status } = response;
  if (isJsonObject(error)) return decodeErrorBody({ error });
  return decodeErrorBody({ message: `The provider's answer ended as ${readText(status) || 'failed'}.` });
}

function parseEvent(frame: Frame): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(frame.data) as Json;
  } catch (cause) {
    if (frame.incomplete === true) {
      throw new GatewayError('upstream-truncated', 'The provider ended its answer within an event.', { cause });
    }
    throw new GatewayError('upstream-malformed', 'The provider sent an event that is not JSON.', { cause });
  }
  if (isJsonObject(value)) return value;
  throw new GatewayError('upstream-malformed', 'The provider sent an event that is no object.');
}
