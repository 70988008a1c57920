/**
 * One candidate of an answer. Parts come in pieces only where they are text: neighbours of one kind are one block, until
 * a signature ends it. A call is whole, but for Vertex's streamed arguments.
 */
import type { BlockStart, ChatEvent } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readList, readObject, readText } from '../../core/read.ts';
import { convertLogprobs } from './convert-logprobs.ts';
import { mapFinishReason } from './map-finish-reason.ts';
import { createPartialArgs, type PartialArgs } from './partial-args.ts';
import { DIALECT } from './wire.ts';

export interface CandidateDecoder {
  chunk(candidate: JsonObject): readonly ChatEvent[];
  /** Told at the end of the bytes: some models say `STOP` more than once, with calls behind it. */
  end(): readonly ChatEvent[];
}

export interface CandidateContext {
  readonly choice: number;
  readonly restore: Restore | undefined;
  /** Blocks are numbered over all candidates. */
  nextIndex(): number;
  /** For calls that come without an id: unique in a conversation, and the same however the bytes were cut. */
  callId(position: number): string;
}

/** What Google found out on the way, which only its own dialect can tell. */
const METADATA = ['citationMetadata', 'groundingMetadata', 'urlContextMetadata'];

export function createCandidateDecoder(context: CandidateContext): CandidateDecoder {
  const { choice, restore } = context;
  let prose: { readonly type: 'text' | 'reasoning'; readonly index: number } | undefined;
  let call: { readonly index: number; readonly name: string; readonly args: PartialArgs } | undefined;
  let lastText: number | undefined;
  let calls = 0;
  let parts = 0;
  /** Probabilities stand beside the parts: they go out with the next text. */
  let logprobs: readonly Json[] = [];
  let finish: { readonly word: string; readonly message: string } | undefined;
  let out: ChatEvent[] = [];

  const start = (block: BlockStart): number => {
    const index = context.nextIndex();
    out.push({ type: 'block-start', index, choice, block });
    return index;
  };

  const close = (): void => {
    if (prose !== undefined) out.push({ type: 'block-end', index: prose.index });
    prose = undefined;
  };

  const sign = (index: number, value: string): void => {
    if (value !== '') out.push({ type: 'block-signature', index, signature: { origin: DIALECT, value } });
  };

  const write = (type: 'text' | 'reasoning', text: string): number => {
    if (prose?.type !== type) {
      close();
      prose = { type, index: start({ type }) };
    }
    if (type === 'text') lastText = prose.index;
    const told = type === 'text' && logprobs.length > 0 ? { logprobs } : {};
    if (text !== '' || 'logprobs' in told) out.push({ type: 'block-delta', index: prose.index, text, ...told });
    if (type === 'text') logprobs = [];
    return prose.index;
  };

  const reasoning = (text: string, signature: string): void => {
    if (text === '' && signature === '') return;
    const index = write('reasoning', text);
    sign(index, signature);
    if (signature !== '') close();
  };

  const finishCall = (): void => {
    if (call === undefined) return;
    const { index, name, args } = call;
    call = undefined;
    out.push({ type: 'block-delta', index, text: argumentsText(name, args.value(), restore) });
    out.push({ type: 'block-end', index });
  };

  const functionCall = (wire: JsonObject, signature: string): void => {
    const alias = readText(wire.name);
    if (alias !== '') {
      finishCall();
      close();
      const name = restore?.toolNames.get(alias) ?? alias;
      const kind = restore?.customTools.has(name) === true ? 'custom' : 'function';
      const id = readText(wire.id) || context.callId(calls);
      calls += 1;
      const index = start({ type: 'tool-call', id, name, kind });
      call = { index, name, args: createPartialArgs(readObject(wire.args)) };
      sign(index, signature);
    }
    if (call === undefined) throw malformed('a tool call without a name');
    call.args.add(wire.partialArgs);
    if (wire.willContinue !== true) finishCall();
  };

  const part = (wire: JsonObject): void => {
    const signature = readText(wire.thoughtSignature);
    if (isJsonObject(wire.functionCall)) {
      functionCall(wire.functionCall, signature);
    } else if (wire.thought === true) {
      reasoning(readText(wire.text), signature);
    } else if (typeof wire.text === 'string') {
      if (wire.text !== '') write('text', wire.text);
      // Text is signed for what was thought before it. As a block of its own every client can keep it.
      if (signature !== '') {
        close();
        reasoning('', signature);
      }
    } else {
      close();
      const index = start({ type: 'opaque', origin: DIALECT, data: wire });
      out.push({ type: 'block-end', index });
    }
  };

  const take = (): readonly ChatEvent[] => {
    const events = out;
    out = [];
    return events;
  };

  return {
    chunk(candidate) {
      const received = readList(readObject(candidate.content).parts);
      parts += received.length;
      logprobs = [...logprobs, ...convertLogprobs(candidate.logprobsResult)];
      for (const item of received) part(readObject(item));
      for (const name of METADATA) {
        const data = candidate[name];
        if (!isJsonObject(data) || Object.keys(data).length === 0) continue;
        lastText ??= write('text', '');
        out.push({ type: 'block-annotation', index: lastText, origin: DIALECT, data: { [name]: data } });
      }
      const word = readText(candidate.finishReason);
      if (word !== '' && word !== 'FINISH_REASON_UNSPECIFIED') {
        const message = readText(candidate.finishMessage);
        // Throws where the answer broke off, at once: nothing after it makes it whole.
        mapFinishReason(word, false, message);
        if (finish === undefined || finish.word === 'STOP') finish = { word, message };
      }
      return take();
    },
    end() {
      if (finish === undefined) {
        throw new GatewayError('upstream-truncated', 'The provider ended its answer before it was complete.');
      }
      if (finish.word === 'STOP' && parts === 0) throw malformed('an answer without any part');
      if (call !== undefined && finish.word === 'STOP') throw malformed('a tool call without its end');
      finishCall();
      close();
      const reason = mapFinishReason(finish.word, calls > 0, finish.message);
      out.push({ type: 'finish', choice, reason, rawReason: finish.word });
      return take();
    },
  };
}

/** The free text of a custom tool is the one argument of the function that stands for it. */
function argumentsText(name: string, args: JsonObject, restore: Restore | undefined): string {
  if (restore?.customTools.has(name) === true && typeof args.input === 'string') return args.input;
  return JSON.stringify(args);
}

function malformed(what: string): GatewayError {
  return new GatewayError('upstream-malformed', `The provider sent ${what}.`);
}
