import type { BlockStart, ChatEvent } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { parseJson, readString } from './wire.ts';

const ORIGIN = 'anthropic-messages';

/** One content block while it is open. What each kind does with its pieces is all the difference there is. */
interface OpenBlock {
  delta(delta: JsonObject): readonly ChatEvent[];
  stop(): readonly ChatEvent[];
}

export interface BlockDecoder {
  start(wireIndex: number, block: JsonObject): readonly ChatEvent[];
  delta(wireIndex: number, delta: JsonObject): readonly ChatEvent[];
  stop(wireIndex: number): readonly ChatEvent[];
  stopAll(): readonly ChatEvent[];
  /** A block that comes complete. */
  whole(block: JsonObject): readonly ChatEvent[];
  refusal(text: string): readonly ChatEvent[];
}

/**
 * Blocks may interleave; `index` tells them apart. Events get indexes of their own, in the order in which blocks start,
 * so that a server that counts from 0 again, or repeats an index, cannot mix up two blocks.
 */
export function createBlockDecoder(restore?: Restore): BlockDecoder {
  const open = new Map<number, OpenBlock>();
  let next = 0;

  const begin = (block: JsonObject): readonly [OpenBlock, readonly ChatEvent[]] => {
    const index = next;
    next += 1;
    switch (block.type) {
      case 'text':
        return [
          textBlock(index),
          [blockStart(index, { type: 'text' }), ...textDelta(index, readString(block, 'text'))],
        ];
      case 'thinking':
        return [
          thinkingBlock(index, readString(block, 'signature')),
          [blockStart(index, { type: 'reasoning' }), ...textDelta(index, readString(block, 'thinking'))],
        ];
      case 'redacted_thinking':
        return [
          annotatedBlock(index, () => []),
          [
            blockStart(index, { type: 'reasoning' }),
            {
              type: 'block-signature',
              index,
              signature: { origin: ORIGIN, value: readString(block, 'data') },
              redacted: true,
            },
          ],
        ];
      case 'tool_use': {
        const alias = readString(block, 'name');
        const name = restore?.toolNames.get(alias) ?? alias;
        const custom = restore?.customTools.has(name) === true;
        const id = readString(block, 'id');
        if (id === '' || name === '') {
          throw new GatewayError('upstream-malformed', 'The provider sent a tool call without an id or a name');
        }
        const started = blockStart(index, { type: 'tool-call', id, name, kind: custom ? 'custom' : 'function' });
        const tool = custom ? customToolBlock(index, block.input) : functionToolBlock(index, block.input);
        return [tool, [started, ...callerOf(index, block)]];
      }
      default:
        return [opaqueBlock(index, block), []];
    }
  };

  const decoder: BlockDecoder = {
    start(wireIndex, block) {
      const closed = decoder.stop(wireIndex);
      const [opened, events] = begin(block);
      open.set(wireIndex, opened);
      return [...closed, ...events];
    },
    delta(wireIndex, delta) {
      const known = open.get(wireIndex);
      if (known !== undefined) return known.delta(delta);
      // Some compatible servers leave out the start of a block; of a tool call it would be the id and the name.
      const type = delta.type === 'text_delta' ? 'text' : delta.type === 'thinking_delta' ? 'thinking' : undefined;
      if (type === undefined) {
        throw new GatewayError('upstream-malformed', `The provider sent a ${String(delta.type)} to no block`);
      }
      return [...decoder.start(wireIndex, { type }), ...decoder.delta(wireIndex, delta)];
    },
    stop(wireIndex) {
      const block = open.get(wireIndex);
      open.delete(wireIndex);
      return block?.stop() ?? [];
    },
    stopAll: () => [...open.keys()].flatMap((wireIndex) => decoder.stop(wireIndex)),
    whole(block) {
      const [opened, events] = begin(block);
      const citations = block.type === 'text' && Array.isArray(block.citations) ? block.citations : [];
      const annotations = citations.flatMap((citation) => opened.delta({ type: 'citations_delta', citation }));
      return [...events, ...annotations, ...opened.stop()];
    },
    refusal(text) {
      const index = next;
      next += 1;
      return [blockStart(index, { type: 'refusal' }), ...textDelta(index, text), { type: 'block-end', index }];
    },
  };
  return decoder;
}

function textBlock(index: number): OpenBlock {
  return annotatedBlock(index, (delta) =>
    delta.type === 'text_delta' ? textDelta(index, readString(delta, 'text')) : undefined,
  );
}

function thinkingBlock(index: number, initialSignature: string): OpenBlock {
  let signature = initialSignature;
  const block = annotatedBlock(index, (delta) => {
    if (delta.type === 'thinking_delta') return textDelta(index, readString(delta, 'thinking'));
    if (delta.type !== 'signature_delta') return undefined;
    signature += readString(delta, 'signature');
    return [];
  });
  return {
    delta: block.delta,
    stop: () => [
      ...(signature === ''
        ? []
        : [{ type: 'block-signature', index, signature: { origin: ORIGIN, value: signature } } as const]),
      ...block.stop(),
    ],
  };
}

/**
 * Arguments come as pieces of JSON text; for a call without arguments as one empty piece, or none. Left at that, the
 * client stores `""` and the provider refuses the next turn: so they become `{}`.
 */
function functionToolBlock(index: number, input: Json | undefined): OpenBlock {
  let received = false;
  const block = annotatedBlock(index, (delta) => {
    if (delta.type !== 'input_json_delta') return undefined;
    const events = textDelta(index, readString(delta, 'partial_json'));
    received ||= events.length > 0;
    return events;
  });
  return {
    delta: block.delta,
    // In whole answers, and from some compatible servers, the arguments stand in the block's start.
    stop: () => [...(received ? [] : textDelta(index, JSON.stringify(input ?? {}))), ...block.stop()],
  };
}

/** The free text is the one argument of the function that stands for the tool: it can be told only once it is whole. */
function customToolBlock(index: number, input: Json | undefined): OpenBlock {
  let json = '';
  const block = annotatedBlock(index, (delta) => {
    if (delta.type !== 'input_json_delta') return undefined;
    json += readString(delta, 'partial_json');
    return [];
  });
  return {
    delta: block.delta,
    stop: () => [...textDelta(index, unwrapCustomInput(json, input)), ...block.stop()],
  };
}

function unwrapCustomInput(json: string, input: Json | undefined): string {
  const value = json === '' ? input : parseJson(json);
  if (isJsonObject(value) && typeof value.input === 'string') return value.input;
  // Cut off by the output cap, or not as the schema asked: what there is, rather than nothing.
  return json === '' ? JSON.stringify(input ?? {}) : json;
}

/**
 * Server tools and types that are not known yet. They go out as they are, once complete: a neutral event has no place
 * for the pieces of a block that only its own dialect understands.
 */
function opaqueBlock(index: number, start: JsonObject): OpenBlock {
  let data: { readonly [key: string]: Json | undefined } = start;
  let json = '';
  return {
    delta(delta) {
      if (delta.type === 'input_json_delta') {
        json += readString(delta, 'partial_json');
        return [];
      }
      const merged = Object.entries(delta).filter(([key]) => key !== 'type');
      data = { ...data, ...Object.fromEntries(merged.map(([key, value]) => [key, append(data[key], value)])) };
      return [];
    },
    stop: () => [
      blockStart(index, {
        type: 'opaque',
        origin: ORIGIN,
        // A server tool's input that the output cap cut off stays text.
        data: json === '' ? data : { ...data, input: parseJson(json) ?? json },
      }),
      { type: 'block-end', index },
    ],
  };
}

/** Citations, and kinds of deltas that are not known yet, go along as annotations. */
function annotatedBlock(
  index: number,
  decodeDelta: (delta: JsonObject) => readonly ChatEvent[] | undefined,
): OpenBlock {
  return {
    delta(delta) {
      const events = decodeDelta(delta);
      if (events !== undefined) return events;
      const data = delta.type === 'citations_delta' && isJsonObject(delta.citation) ? delta.citation : delta;
      return [{ type: 'block-annotation', index, origin: ORIGIN, data }];
    },
    stop: () => [{ type: 'block-end', index }],
  };
}

/** Who called the tool, where it was not the model itself but code that the provider runs. */
function callerOf(index: number, block: JsonObject): readonly ChatEvent[] {
  const { caller } = block;
  if (!isJsonObject(caller) || caller.type === 'direct') return [];
  return [{ type: 'block-annotation', index, origin: ORIGIN, data: { caller } }];
}

function append(known: Json | undefined, value: Json | undefined): Json | undefined {
  return typeof known === 'string' && typeof value === 'string' ? known + value : (value ?? known);
}

function blockStart(index: number, block: BlockStart): ChatEvent {
  return { type: 'block-start', index, choice: 0, block };
}

function textDelta(index: number, text: string): readonly ChatEvent[] {
  return text === '' ? [] : [{ type: 'block-delta', index, text }];
}
