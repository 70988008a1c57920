/**
 * One choice of an answer, from flat deltas to blocks. Text, reasoning and refusal are one open block at a time; calls
 * stay open until the end, because their deltas may interleave.
 */
import type { BlockStart, ChatEvent, Signature } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readList, readObject, readText } from '../../core/read.ts';
import { mapFinishReason } from './map-finish-reason.ts';
import { continues, type ReasoningDetail, readCallSignature, readDetails } from './reasoning-details.ts';
import { readThinking } from './wire.ts';

export interface ChoiceDecoder {
  /** `whole` for the message of an unstreamed answer, where every call in the list is one of its own. */
  delta(delta: JsonObject, logprobs: Json | undefined, whole: boolean): readonly ChatEvent[];
  finish(word: string): readonly ChatEvent[];
  readonly finished: boolean;
}

export interface ChoiceContext {
  readonly choice: number;
  /** Blocks are numbered over all choices. */
  nextIndex(): number;
  /** For calls that come without an id: unique in a conversation, and the same however the bytes were cut. */
  callId(position: number): string;
  readonly restore: Restore | undefined;
}

interface Call {
  readonly key: number;
  id: string;
  name: string;
  /** What came before the name did. */
  waiting: string;
  index: number | undefined;
  /** A function that stands for a free-text tool: the text is its one argument, and can be told only once it is whole. */
  standIn: boolean;
}

type Prose = 'text' | 'refusal' | 'reasoning';

export function createChoiceDecoder(context: ChoiceContext): ChoiceDecoder {
  const { choice } = context;
  const calls: Call[] = [];
  let prose: { readonly type: Prose; readonly index: number } | undefined;
  let lastText: number | undefined;
  let detail: ReasoningDetail | undefined;
  let sawRefusal = false;
  let finished = false;
  let out: ChatEvent[] = [];

  const start = (block: BlockStart): number => {
    const index = context.nextIndex();
    out.push({ type: 'block-start', index, choice, block });
    return index;
  };

  const closeProse = (): void => {
    if (prose !== undefined) out.push({ type: 'block-end', index: prose.index });
    prose = undefined;
  };

  const openProse = (type: Prose, id?: string): number => {
    if (prose?.type === type) return prose.index;
    closeProse();
    const index = start(type === 'reasoning' && id ? { type, id } : { type });
    prose = { type, index };
    if (type === 'text') lastText = index;
    if (type === 'refusal') sawRefusal = true;
    return index;
  };

  const write = (type: Prose, text: string, logprobs: readonly Json[] = []): void => {
    if (text === '' && logprobs.length === 0) return;
    const index = openProse(type);
    out.push({ type: 'block-delta', index, text, ...(logprobs.length === 0 ? {} : { logprobs }) });
  };

  const opaque = (data: JsonObject): void => {
    const index = start({ type: 'opaque', origin: 'openai-chat', data });
    out.push({ type: 'block-end', index });
  };

  const reasoning = (delta: JsonObject): void => {
    const details = readDetails(delta.reasoning_details);
    // Beside the details, the plain strings repeat their text.
    if (!details.some((entry) => entry.text !== '')) {
      write('reasoning', readText(delta.reasoning_content) || readText(delta.reasoning));
    }
    for (const entry of details) {
      if (!continues(entry, detail) && detail !== undefined && prose?.type === 'reasoning') closeProse();
      detail = entry;
      if (entry.text === '' && entry.signature === '' && entry.data === '') continue;
      const index = openProse('reasoning', entry.id);
      if (entry.text !== '') out.push({ type: 'block-delta', index, text: entry.text });
      // Whose the signature was behind this provider does not matter: it goes back to where it came from.
      if (entry.signature !== '') out.push({ type: 'block-signature', index, signature: own(entry.signature) });
      if (entry.data !== '') out.push({ type: 'block-signature', index, signature: own(entry.data), redacted: true });
    }
  };

  const content = (value: Json | undefined, logprobs: readonly Json[]): void => {
    if (!Array.isArray(value)) {
      write('text', readText(value), logprobs);
      return;
    }
    // Mistral's reasoning models answer in parts.
    for (const item of value) {
      const part = readObject(item);
      if (part.type === 'text') write('text', readText(part.text));
      else if (part.type === 'thinking') write('reasoning', readThinking(part));
      else opaque({ content: [part] });
    }
  };

  const callFor = (wire: JsonObject, position: number | undefined): Call => {
    const id = readText(wire.id);
    const name = nameOf(wire);
    const key = typeof wire.index === 'number' ? wire.index : position;
    const known = key === undefined ? undefined : calls.findLast((call) => call.key === key);
    // Some servers number all calls 0: another id with a name is another call. An id alone is not, some give each delta one.
    const another = id !== '' && name !== '' && known !== undefined && known.id !== '' && known.id !== id;
    if (known !== undefined && !another) return known;
    const last = calls.at(-1);
    if (key === undefined && last !== undefined && (name === '' || (id !== '' && id === last.id))) return last;
    const call: Call = { key: key ?? calls.length, id: '', name: '', waiting: '', index: undefined, standIn: false };
    calls.push(call);
    return call;
  };

  const call = (wire: JsonObject, position: number | undefined): void => {
    const target = callFor(wire, position);
    target.id ||= readText(wire.id);
    target.name ||= nameOf(wire);
    const custom = isJsonObject(wire.custom);
    target.waiting += custom
      ? readText(readObject(wire.custom).input)
      : argumentsOf(readObject(wire.function).arguments);
    if (target.name === '') return;
    if (target.index === undefined) {
      closeProse();
      const id = target.id || context.callId(calls.indexOf(target));
      const name = context.restore?.toolNames.get(target.name) ?? target.name;
      target.standIn = !custom && context.restore?.customTools.has(name) === true;
      target.index = start({ type: 'tool-call', id, name, kind: custom || target.standIn ? 'custom' : 'function' });
    }
    if (!target.standIn) tell(target);
    const signature = readCallSignature(wire, 'openai-chat');
    if (signature !== undefined) out.push({ type: 'block-signature', index: target.index, signature });
  };

  const tell = (target: Call): void => {
    const { index, waiting } = target;
    if (waiting !== '' && index !== undefined) out.push({ type: 'block-delta', index, text: waiting });
    target.waiting = '';
  };

  const annotate = (annotation: Json): void => {
    if (!isJsonObject(annotation)) return;
    const index = lastText ?? openProse('text');
    out.push({ type: 'block-annotation', index, origin: 'openai-chat', data: annotation });
  };

  const take = (): readonly ChatEvent[] => {
    const events = out;
    out = [];
    return events;
  };

  return {
    delta(delta, logprobs, whole) {
      reasoning(delta);
      const probabilities = readObject(logprobs);
      content(delta.content, readList(probabilities.content));
      write('refusal', readText(delta.refusal), readList(probabilities.refusal));
      // Spoken answers and generated images: this dialect's own, told as they came.
      if (isJsonObject(delta.audio)) opaque({ audio: delta.audio });
      if (readList(delta.images).length > 0) opaque({ images: delta.images });
      readList(delta.tool_calls).forEach((wire, position) => {
        call(readObject(wire), whole ? position : undefined);
      });
      readList(delta.annotations).forEach(annotate);
      return take();
    },
    finish(word) {
      if (finished) return [];
      finished = true;
      closeProse();
      for (const target of calls) {
        const { index } = target;
        if (index === undefined) {
          throw new GatewayError('upstream-malformed', `The provider sent a tool call without a name.`);
        }
        if (target.standIn) tell(Object.assign(target, { waiting: unwrapCustomInput(target.waiting) }));
        out.push({ type: 'block-end', index });
      }
      const reason = mapFinishReason(word, { toolCall: calls.length > 0, refusal: sawRefusal });
      out.push({ type: 'finish', choice, reason, rawReason: word });
      return take();
    },
    get finished() {
      return finished;
    },
  };
}

const own = (value: string): Signature => ({ origin: 'openai-chat', value });

function nameOf(wire: JsonObject): string {
  return readText(readObject(wire.function).name) || readText(readObject(wire.custom).name);
}

/** Some servers send arguments parsed. */
function argumentsOf(value: Json | undefined): string {
  return isJsonObject(value) ? JSON.stringify(value) : readText(value);
}

/** What a model wrote that is not as it was told is given as it is: the client asked for text, and text it gets. */
function unwrapCustomInput(json: string): string {
  try {
    const input = readObject(JSON.parse(json)).input;
    return typeof input === 'string' ? input : json;
  } catch {
    return json;
  }
}
