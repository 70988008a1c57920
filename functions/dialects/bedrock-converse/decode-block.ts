import type { BlockStart, ChatEvent } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readList, readObject, readText } from '../../core/read.ts';
import { DIALECT, parseJson, readUnion } from './wire.ts';

/** One content block while it is open. What each kind does with its pieces is all the difference there is. */
interface OpenBlock {
  /** Undefined where the piece is not one of this kind's. */
  delta(name: string, value: Json): readonly ChatEvent[] | undefined;
  stop(): readonly ChatEvent[];
}

export interface BlockDecoder {
  start(wireIndex: number, start: Json | undefined): readonly ChatEvent[];
  delta(wireIndex: number, delta: Json | undefined): readonly ChatEvent[];
  stop(wireIndex: number): readonly ChatEvent[];
  stopAll(): readonly ChatEvent[];
  /** A block of a whole answer: as if it had been streamed in one piece. */
  whole(block: Json): readonly ChatEvent[];
}

/**
 * Blocks may interleave; `contentBlockIndex` tells them apart. Events get indexes of their own, in the order in which
 * blocks start. Text and reasoning often begin without `contentBlockStart`: the first delta starts them.
 */
export function createBlockDecoder(restore?: Restore): BlockDecoder {
  const open = new Map<number, OpenBlock>();
  let next = 0;

  const begin = (name: string, start: JsonObject): readonly [OpenBlock, readonly ChatEvent[]] => {
    const index = next;
    next += 1;
    switch (name) {
      case 'text':
      case 'citation':
        return [textBlock(index), [blockStart(index, { type: 'text' })]];
      case 'reasoningContent':
        return [reasoningBlock(index), [blockStart(index, { type: 'reasoning' })]];
      case 'toolUse':
        // A tool that the provider runs itself is no call to the client.
        if (start.type === 'server_tool_use') return [opaqueBlock(index, name, start), []];
        return toolBlock(index, start, restore);
      default:
        return [opaqueBlock(index, name, start), []];
    }
  };

  const decoder: BlockDecoder = {
    start(wireIndex, start) {
      const union = readUnion(start);
      const closed = decoder.stop(wireIndex);
      // `start: {}` says only that something begins: what, its first delta says.
      if (union === undefined) return closed;
      const [block, events] = begin(union[0], readObject(union[1]));
      open.set(wireIndex, block);
      return [...closed, ...events];
    },
    delta(wireIndex, delta) {
      const union = readUnion(delta);
      if (union === undefined) return [];
      const [name, value] = union;
      const known = open.get(wireIndex)?.delta(name, value);
      if (known !== undefined) return known;
      if (name === 'toolUse') {
        throw new GatewayError('upstream-malformed', 'The provider sent the arguments of a tool call that never began');
      }
      const closed = decoder.stop(wireIndex);
      const [block, events] = begin(name, {});
      open.set(wireIndex, block);
      return [...closed, ...events, ...(block.delta(name, value) ?? [])];
    },
    stop(wireIndex) {
      const block = open.get(wireIndex);
      open.delete(wireIndex);
      return block?.stop() ?? [];
    },
    stopAll: () => [...open.keys()].flatMap((wireIndex) => decoder.stop(wireIndex)),
    whole(value) {
      const union = readUnion(value);
      if (union === undefined) return [];
      const [name, member] = union;
      const parts = Object.hasOwn(WHOLE_BLOCKS, name) ? WHOLE_BLOCKS[name]?.(member) : undefined;
      // What has no deltas is complete in its start: images, results of server tools, kinds that are not known yet.
      if (parts === undefined) {
        const [block, events] = begin(name, readObject(member));
        return [...events, ...block.stop()];
      }
      const events = [
        ...decoder.start(WHOLE, parts.start),
        ...parts.deltas.flatMap((delta) => decoder.delta(WHOLE, delta)),
      ];
      return [...events, ...decoder.stop(WHOLE)];
    },
  };
  return decoder;
}

/** Blocks of whole answers do not interleave: one place is enough. */
const WHOLE = -1;

interface Pieces {
  readonly start: JsonObject;
  readonly deltas: readonly JsonObject[];
}

/** How a whole block would have been streamed. */
const WHOLE_BLOCKS: { readonly [name: string]: (member: Json) => Pieces | undefined } = {
  text: (member) => ({ start: { text: {} }, deltas: [{ text: readText(member) }] }),
  reasoningContent: (member) => {
    const { reasoningText, redactedContent } = readObject(member);
    const { text, signature } = readObject(reasoningText);
    const pieces = [
      ...(typeof text === 'string' ? [{ text }] : []),
      ...(typeof signature === 'string' ? [{ signature }] : []),
      ...(typeof redactedContent === 'string' ? [{ redactedContent }] : []),
    ];
    return { start: { reasoningContent: {} }, deltas: pieces.map((piece) => ({ reasoningContent: piece })) };
  },
  toolUse: (member) => {
    const { input, ...start } = readObject(member);
    if (start.type === 'server_tool_use') return undefined;
    return { start: { toolUse: start }, deltas: [{ toolUse: { input: JSON.stringify(input ?? {}) } }] };
  },
  citationsContent: (member) => {
    const { content, citations } = readObject(member);
    const text = readList(content).map((piece) => readText(readObject(piece).text));
    return {
      start: { text: {} },
      deltas: [{ text: text.join('') }, ...readList(citations).map((citation) => ({ citation }))],
    };
  },
};

function textBlock(index: number): OpenBlock {
  return {
    delta(name, value) {
      if (name === 'text') return textDelta(index, readText(value));
      if (name !== 'citation') return undefined;
      return [{ type: 'block-annotation', index, origin: DIALECT, data: readObject(value) }];
    },
    stop: () => [{ type: 'block-end', index }],
  };
}

function reasoningBlock(index: number): OpenBlock {
  let signature = '';
  const redacted: string[] = [];
  return {
    delta(name, value) {
      if (name !== 'reasoningContent') return undefined;
      const piece = readObject(value);
      signature += readText(piece.signature);
      if (readText(piece.redactedContent) !== '') redacted.push(readText(piece.redactedContent));
      return textDelta(index, readText(piece.text));
    },
    stop: () => [
      ...(signature === '' ? [] : [proof(index, signature, false)]),
      ...(redacted.length === 0 ? [] : [proof(index, joinBase64(redacted), true)]),
      { type: 'block-end', index },
    ],
  };
}

function proof(index: number, value: string, redacted: boolean): ChatEvent {
  const signature = { origin: DIALECT, value } as const;
  return { type: 'block-signature', index, signature, ...(redacted ? { redacted } : {}) };
}

/** Pieces are encoded each for itself: put together as text they would not be base64. */
function joinBase64(pieces: readonly string[]): string {
  const [first, ...rest] = pieces;
  if (first !== undefined && rest.length === 0) return first;
  try {
    return btoa(pieces.map((piece) => atob(piece)).join(''));
  } catch (cause) {
    throw new GatewayError('upstream-malformed', 'The provider sent redacted reasoning that is not base64', { cause });
  }
}

function toolBlock(
  index: number,
  start: JsonObject,
  restore: Restore | undefined,
): readonly [OpenBlock, readonly ChatEvent[]] {
  const alias = readText(start.name);
  const name = restore?.toolNames.get(alias) ?? alias;
  const id = readText(start.toolUseId);
  if (id === '' || name === '') {
    throw new GatewayError('upstream-malformed', 'The provider sent a tool call without an id or a name');
  }
  const custom = restore?.customTools.has(name) === true;
  const block = custom ? customToolBlock(index) : functionToolBlock(index);
  return [block, [blockStart(index, { type: 'tool-call', id, name, kind: custom ? 'custom' : 'function' })]];
}

/** For a call without arguments, models send one empty piece or none; the client has to read `{}` all the same. */
function functionToolBlock(index: number): OpenBlock {
  let received = false;
  return {
    delta(name, value) {
      if (name !== 'toolUse') return undefined;
      const events = textDelta(index, inputOf(value));
      received ||= events.length > 0;
      return events;
    },
    stop: () => [...(received ? [] : textDelta(index, '{}')), { type: 'block-end', index }],
  };
}

/** The free text is the one argument of the function that stands for the tool: it can be told only once it is whole. */
function customToolBlock(index: number): OpenBlock {
  let json = '';
  return {
    delta(name, value) {
      if (name !== 'toolUse') return undefined;
      json += inputOf(value);
      return [];
    },
    stop() {
      const value = parseJson(json);
      // Cut off by the output cap, or not as the schema asked: what there is, rather than nothing.
      const text = isJsonObject(value) && typeof value.input === 'string' ? value.input : json;
      return [...textDelta(index, text), { type: 'block-end', index }];
    },
  };
}

/** Some models stream the arguments as JSON and not as its text. */
function inputOf(delta: Json): string {
  const { input } = readObject(delta);
  if (input === undefined || input === null) return '';
  return typeof input === 'string' ? input : JSON.stringify(input);
}

/** Goes out as it is, once complete: a neutral event has no place for pieces that only this dialect understands. */
function opaqueBlock(index: number, name: string, start: JsonObject): OpenBlock {
  const deltas: Json[] = [];
  return {
    delta(deltaName, value) {
      if (deltaName !== name) return undefined;
      deltas.push(value);
      return [];
    },
    stop: () => [
      blockStart(index, { type: 'opaque', origin: DIALECT, data: { [name]: joinDeltas(name, start, deltas) } }),
      { type: 'block-end', index },
    ],
  };
}

/** As the block would stand in a whole answer, where that is known. */
function joinDeltas(name: string, start: JsonObject, deltas: readonly Json[]): Json {
  if (deltas.length === 0) return start;
  if (name === 'toolUse') {
    const json = deltas.map(inputOf).join('');
    return { ...start, input: parseJson(json) ?? json };
  }
  if (name === 'toolResult') return { ...start, content: deltas.flatMap((delta) => readList(delta)) };
  return { ...start, deltas };
}

function blockStart(index: number, block: BlockStart): ChatEvent {
  return { type: 'block-start', index, choice: 0, block };
}

function textDelta(index: number, text: string): readonly ChatEvent[] {
  return text === '' ? [] : [{ type: 'block-delta', index, text }];
}
