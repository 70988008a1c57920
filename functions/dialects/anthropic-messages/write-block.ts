/** The events of one content block: https://platform.claude.com/docs/en/build-with-claude/streaming */
import type { BlockStart, Signature } from '../../core/chat.ts';
import { wrapSignature } from '../../core/foreign-signature.ts';
import type { JsonObject } from '../../core/json.ts';
import { callId } from './encode-block.ts';
import { sealCall, sealReasoning, sealText } from './foreign-blocks.ts';

const OWN = 'anthropic-messages';

/** Numbers the blocks of one message. */
export interface WireBlocks {
  start(block: JsonObject): JsonObject;
  delta(delta: JsonObject): JsonObject;
  stop(): JsonObject;
  /** A block that comes complete. */
  whole(block: JsonObject): readonly JsonObject[];
  /** The index that the next block will have. */
  readonly next: number;
}

export function createWireBlocks(): WireBlocks {
  let next = 0;
  const blocks: WireBlocks = {
    start: (block) => ({ type: 'content_block_start', index: next++, content_block: block }),
    delta: (delta) => ({ type: 'content_block_delta', index: next - 1, delta }),
    stop: () => ({ type: 'content_block_stop', index: next - 1 }),
    whole: (block) => [blocks.start(block), blocks.stop()],
    get next() {
      return next;
    },
  };
  return blocks;
}

export interface BlockWriter {
  delta(text: string): readonly JsonObject[];
  /** Signatures are held until the end: the SDK keeps the last `signature_delta` and takes it for the whole. */
  sign(signature: Signature, redacted: boolean): void;
  annotate(data: JsonObject): readonly JsonObject[];
  end(): readonly JsonObject[];
}

export function createBlockWriter(block: BlockStart, blocks: WireBlocks, requestId: string): BlockWriter {
  switch (block.type) {
    case 'text':
      return textWriter(blocks);
    case 'refusal':
      return { ...textWriter(blocks), sign: () => {} };
    case 'reasoning':
      return reasoningWriter(blocks);
    case 'tool-call':
      return callWriter(block, blocks, requestId);
    case 'opaque':
      return { ...SILENT, end: () => (block.origin === OWN ? writeOpaque(block.data, blocks) : []) };
  }
}

const SILENT: BlockWriter = { delta: () => [], sign: () => {}, annotate: () => [], end: () => [] };

/** Begins with what it has to say: an empty text would be refused when the client sends it back. */
function textWriter(blocks: WireBlocks): BlockWriter {
  let open = false;
  const signatures = new Map<string, Signature>();
  const start = (): readonly JsonObject[] => {
    if (open) return [];
    open = true;
    return [blocks.start({ type: 'text', text: '' })];
  };
  return {
    delta: (text) => (text === '' ? [] : [...start(), blocks.delta({ type: 'text_delta', text })]),
    sign(signature) {
      if (signature.origin !== OWN) signatures.set(signature.origin, signature);
    },
    annotate: (citation) => [...start(), blocks.delta({ type: 'citations_delta', citation })],
    end: () => [
      ...(open ? [blocks.stop()] : []),
      ...[...signatures.values()].flatMap((signature) => blocks.whole(sealText(signature))),
    ],
  };
}

/** What comes only in encrypted form is a block of another type, and that is known at the end. */
function reasoningWriter(blocks: WireBlocks): BlockWriter {
  let open = false;
  let signature: Signature | undefined;
  let redacted: Signature | undefined;
  const start = (): readonly JsonObject[] => {
    if (open) return [];
    open = true;
    return [blocks.start({ type: 'thinking', thinking: '', signature: '' })];
  };
  return {
    ...SILENT,
    delta: (text) => (text === '' ? [] : [...start(), blocks.delta({ type: 'thinking_delta', thinking: text })]),
    sign(value, isRedacted) {
      if (isRedacted) redacted = value;
      else signature = value;
    },
    end() {
      const signed =
        signature === undefined
          ? []
          : [...start(), blocks.delta({ type: 'signature_delta', signature: wrapSignature(OWN, signature) })];
      return [
        ...signed,
        ...(open ? [blocks.stop()] : []),
        ...(redacted === undefined ? [] : blocks.whole(sealReasoning(redacted))),
      ];
    },
  };
}

type CallStart = Extract<BlockStart, { readonly type: 'tool-call' }>;

/**
 * Begins with the second piece of its arguments, or at its end: a signature stands in front of its call, and those who
 * sign calls (Gemini) send them in one piece.
 */
function callWriter(call: CallStart, blocks: WireBlocks, requestId: string): BlockWriter {
  const { before, encode, after } = call.kind === 'custom' ? FREE_TEXT : JSON_TEXT;
  let held: string | undefined;
  let blank = true;
  let open = false;
  let id = call.id;
  let signature: Signature | undefined;
  let caller: JsonObject = {};

  const piece = (text: string): JsonObject => blocks.delta({ type: 'input_json_delta', partial_json: text });
  const start = (): readonly JsonObject[] => {
    open = true;
    id = callId(call.id, requestId, blocks.next + (signature === undefined ? 0 : 1));
    const seal = signature === undefined ? [] : blocks.whole(sealCall(id, signature));
    signature = undefined;
    const first = before + encode(held ?? '');
    return [
      ...seal,
      blocks.start({ type: 'tool_use', id, name: call.name, input: {}, ...caller }),
      ...(first === '' ? [] : [piece(first)]),
    ];
  };
  return {
    delta(text) {
      if (text === '') return [];
      blank &&= text.trim() === '';
      if (open) return [piece(encode(text))];
      if (held === undefined) {
        held = text;
        return [];
      }
      return [...start(), piece(encode(text))];
    },
    sign(value) {
      signature = value;
    },
    annotate(data) {
      if ('caller' in data) caller = { ...caller, ...data };
      return [];
    },
    end() {
      const rest = after(blank);
      return [
        ...(open ? [] : start()),
        ...(rest === '' ? [] : [piece(rest)]),
        blocks.stop(),
        ...(signature === undefined ? [] : blocks.whole(sealCall(id, signature))),
      ];
    },
  };
}

interface ArgumentsForm {
  readonly before: string;
  readonly encode: (text: string) => string;
  readonly after: (blank: boolean) => string;
}

/** Clients join the pieces and parse them: of a call without arguments that must be `{}`. */
const JSON_TEXT: ArgumentsForm = { before: '', encode: (text) => text, after: (blank) => (blank ? '{}' : '') };

/** Halves of a character that lie in two pieces are escaped, and so are one again for whoever parses the whole. */
const FREE_TEXT: ArgumentsForm = {
  before: '{"input":"',
  encode: (text) => JSON.stringify(text).slice(1, -1),
  after: () => '"}',
};

/** The input of a server tool comes in pieces, as that of a tool does: not all clients read it at the block's start. */
function writeOpaque(data: JsonObject, blocks: WireBlocks): readonly JsonObject[] {
  if (data.type !== 'server_tool_use' || data.input === undefined) return blocks.whole(data);
  return [
    blocks.start({ ...data, input: {} }),
    blocks.delta({ type: 'input_json_delta', partial_json: JSON.stringify(data.input) }),
    blocks.stop(),
  ];
}
