/** Items of an answer's output as blocks. A whole item is decoded as the end of one that was streamed, nothing of it seen. */
import type { BlockStart, ChatEvent, Signature } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { readList, readObject, readText } from '../../core/read.ts';
import { PASSAGE_BREAK } from './decode-reasoning.ts';
import { DIALECT } from './wire.ts';

export interface OutputItem {
  /** A delta of a part of it, by the part's place. */
  write(place: Place, delta: string, logprobs?: readonly Json[]): void;
  annotate(place: Place, annotation: JsonObject): void;
  /** A part is whole: what was not streamed of it is added. */
  complete(place: Place, text: string): void;
  /** The item is whole. */
  close(item: JsonObject): void;
}

export interface Place {
  readonly kind: PartKind;
  readonly index: number;
}
export type PartKind = 'output_text' | 'refusal' | 'summary' | 'reasoning_text' | 'arguments';

export interface ItemContext {
  readonly restore: Restore | undefined;
  /** Of a block that starts. */
  nextIndex(): number;
  emit(event: ChatEvent): void;
  sawRefusal(): void;
  sawToolCall(): void;
}

export function createOutputItem(item: JsonObject, context: ItemContext): OutputItem {
  switch (item.type) {
    case 'message':
      return createMessage(context);
    case 'reasoning':
      return createReasoning(context);
    case 'function_call':
    case 'custom_tool_call':
      return createCall(item, context);
    default:
      return createOpaque(context);
  }
}

/** How much of a text is out already: only what the end adds to it is still to be told. */
interface Block {
  readonly index: number;
  written: number;
}

function startBlock(context: ItemContext, block: BlockStart): Block {
  const index = context.nextIndex();
  context.emit({ type: 'block-start', index, choice: 0, block });
  return { index, written: 0 };
}

function writeBlock(context: ItemContext, block: Block, text: string, logprobs: readonly Json[] = []): void {
  block.written += text.length;
  const { index } = block;
  context.emit({ type: 'block-delta', index, text, ...(logprobs.length === 0 ? {} : { logprobs }) });
}

function opaque(context: ItemContext, data: JsonObject): void {
  const { index } = startBlock(context, { type: 'opaque', origin: DIALECT, data });
  context.emit({ type: 'block-end', index });
}

function createOpaque(context: ItemContext): OutputItem {
  return { write: () => {}, annotate: () => {}, complete: () => {}, close: (item) => opaque(context, item) };
}

interface MessagePart extends Block {
  annotations: number;
  probabilities: number;
}

function createMessage(context: ItemContext): OutputItem {
  const parts = new Map<number, MessagePart>();

  const partAt = ({ kind, index }: Place): MessagePart => {
    const known = parts.get(index);
    if (known !== undefined) return known;
    if (kind === 'refusal') context.sawRefusal();
    const block = startBlock(context, { type: kind === 'refusal' ? 'refusal' : 'text' });
    const part = { ...block, annotations: 0, probabilities: 0 };
    parts.set(index, part);
    return part;
  };

  const message: OutputItem = {
    write(place, delta, logprobs = []) {
      if (delta === '' && logprobs.length === 0) return;
      const part = partAt(place);
      part.probabilities += logprobs.length;
      writeBlock(context, part, delta, logprobs);
    },
    annotate(place, annotation) {
      const part = partAt(place);
      part.annotations += 1;
      context.emit({ type: 'block-annotation', index: part.index, origin: DIALECT, data: annotation });
    },
    complete(place, text) {
      message.write(place, text.slice(parts.get(place.index)?.written ?? 0));
    },
    close(item) {
      readList(item.content).forEach((value, index) => {
        const part = readObject(value);
        const place = { kind: part.type === 'refusal' ? ('refusal' as const) : ('output_text' as const), index };
        if (part.type === 'output_text' || part.type === 'refusal') {
          const rest = readText(part.text ?? part.refusal).slice(parts.get(index)?.written ?? 0);
          message.write(place, rest, readList(part.logprobs).slice(parts.get(index)?.probabilities ?? 0));
          for (const annotation of readList(part.annotations).slice(parts.get(index)?.annotations ?? 0)) {
            message.annotate(place, readObject(annotation));
          }
        } else {
          opaque(context, { type: 'message', role: 'assistant', content: [part] });
        }
      });
      for (const part of parts.values()) context.emit({ type: 'block-end', index: part.index });
    },
  };
  return message;
}

function createReasoning(context: ItemContext): OutputItem {
  /** Parts of the summary, and of the reasoning itself where it is shown: all are one text. */
  const written = new Map<string, number>();
  let block: Block | undefined;

  const opened = (): Block => {
    block ??= startBlock(context, { type: 'reasoning' });
    return block;
  };

  const reasoning: OutputItem = {
    write({ kind, index }, delta) {
      if (delta === '') return;
      const key = `${kind}:${index}`;
      const before = written.get(key);
      const separator = before === undefined && written.size > 0 ? PASSAGE_BREAK : '';
      written.set(key, (before ?? 0) + delta.length);
      writeBlock(context, opened(), separator + delta);
    },
    annotate: () => {},
    complete(place, text) {
      reasoning.write(place, text.slice(written.get(`${place.kind}:${place.index}`) ?? 0));
    },
    close(item) {
      readList(item.content).forEach((part, index) => {
        reasoning.complete({ kind: 'reasoning_text', index }, readText(readObject(part).text));
      });
      readList(item.summary).forEach((part, index) => {
        reasoning.complete({ kind: 'summary', index }, readText(readObject(part).text));
      });
      // Only what the finished item holds: at its start it may be a part.
      const value = readText(item.encrypted_content);
      const signature: Signature = { origin: DIALECT, value };
      if (value !== '') {
        context.emit({ type: 'block-signature', index: opened().index, signature, redacted: true });
      }
      if (block !== undefined) context.emit({ type: 'block-end', index: block.index });
    },
  };
  return reasoning;
}

function createCall(item: JsonObject, context: ItemContext): OutputItem {
  const custom = item.type === 'custom_tool_call';
  const alias = readText(item.name);
  const id = readText(item.call_id) || readText(item.id);
  if (alias === '' || id === '') {
    throw new GatewayError('upstream-malformed', 'The provider sent a tool call without an id or a name.');
  }
  context.sawToolCall();
  const name = context.restore?.toolNames.get(alias) ?? alias;
  const block = startBlock(context, { type: 'tool-call', id, name, kind: custom ? 'custom' : 'function' });
  const call: OutputItem = {
    write(_place, delta) {
      if (delta !== '') writeBlock(context, block, delta);
    },
    annotate: () => {},
    complete(place, text) {
      call.write(place, text.slice(block.written));
    },
    close(whole) {
      call.complete({ kind: 'arguments', index: 0 }, readText(custom ? whole.input : whole.arguments));
      context.emit({ type: 'block-end', index: block.index });
    },
  };
  return call;
}
