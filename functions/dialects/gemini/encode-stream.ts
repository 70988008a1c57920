import type { BlockStart, ChatEvent, ChatRequest, Signature } from '../../core/chat.ts';
import type { AnswerContext, StreamEncoder } from '../../core/codec.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { readList } from '../../core/read.ts';
import type { Usage } from '../../core/usage.ts';
import { toWireLogprobs } from './convert-logprobs.ts';
import { toWireUsage } from './convert-usage.ts';
import { toWireError } from './encode-error.ts';
import { answerId, encodeCall, signatureOf } from './encode-response.ts';
import { createChunkWriter } from './json-array.ts';
import { toWireReason } from './map-finish-reason.ts';
import { DIALECT } from './wire.ts';

interface OpenBlock {
  readonly start: BlockStart;
  readonly choice: number;
  /** Of a call: it is told whole, once it is complete. The most that this holds is the calls of one answer. */
  readonly pieces: string[];
  signature: Signature | undefined;
  redacted: Signature | undefined;
}

interface Choice {
  /** A call that could not be told. */
  broken: boolean;
  finish: Extract<ChatEvent, { type: 'finish' }> | undefined;
}

/**
 * In chunks that say something about an answer. One without parts makes Google's SDK forget the whole answer: its chats
 * send back a history in which the model said nothing. Gemini's own last chunk is like this.
 */
const NOTHING_SAID: JsonObject = { role: 'model', parts: [{ text: '' }] };

export function createEncoder(request: ChatRequest, context: AnswerContext): StreamEncoder {
  const writer = createChunkWriter(context.format ?? 'sse');
  const blocks = new Map<number, OpenBlock>();
  const choices = new Map<number, Choice>();
  let id = context.requestId;
  let model = request.model;
  let usage: Usage | undefined;

  const chunk = (candidates: readonly JsonObject[], fields: JsonObject = {}): string =>
    writer.chunk({ candidates, ...fields, modelVersion: model, responseId: id });

  const choiceOf = (index: number): Choice => {
    const known = choices.get(index);
    if (known !== undefined) return known;
    const created: Choice = { broken: false, finish: undefined };
    choices.set(index, created);
    return created;
  };

  const tell = (choice: number, part: JsonObject, fields: JsonObject = {}): string =>
    chunk([{ content: { role: 'model', parts: [part] }, index: choice, ...fields }]);

  function writeBlock(block: OpenBlock, text: string, logprobs: Json | undefined): string {
    const { start, choice } = block;
    switch (start.type) {
      case 'text':
      case 'refusal': {
        const entries = readList(logprobs);
        if (text === '' && entries.length === 0) return '';
        return tell(choice, { text }, entries.length === 0 ? {} : { logprobsResult: toWireLogprobs(entries) });
      }
      case 'reasoning':
        return text === '' ? '' : tell(choice, { text, thought: true });
      case 'tool-call':
        block.pieces.push(text);
        return '';
      case 'opaque':
        return '';
    }
  }

  function endBlock(block: OpenBlock): string {
    const { start, choice, pieces, signature, redacted } = block;
    const proof = {
      ...(signature === undefined ? {} : { signature }),
      ...(redacted === undefined ? {} : { redacted }),
    };
    if (start.type === 'reasoning') {
      const signed = signatureOf(proof);
      return 'thoughtSignature' in signed ? tell(choice, { text: '', thought: true, ...signed }) : '';
    }
    if (start.type !== 'tool-call') return '';
    const { signature: callSignature } = proof;
    const call = encodeCall({
      ...start,
      arguments: pieces.join(''),
      ...(callSignature === undefined ? {} : { signature: callSignature }),
    });
    if (call !== undefined) return tell(choice, call);
    choiceOf(choice).broken = true;
    return '';
  }

  /** The end of every candidate, and the count: the last chunk is where clients look for both. */
  function lastChunk(): string {
    const candidates = [...choices].map(([index, { broken, finish }]) => ({
      content: NOTHING_SAID,
      finishReason: toWireReason(finish?.reason ?? 'stop', broken),
      index,
    }));
    return chunk(candidates, usage === undefined ? {} : { usageMetadata: toWireUsage(usage) });
  }

  return {
    push(event) {
      switch (event.type) {
        case 'response-start':
          id = answerId(event.id, context.requestId);
          model = event.model || model;
          return '';
        case 'block-start': {
          const { block: start, choice, index } = event;
          blocks.set(index, { start, choice, pieces: [], signature: undefined, redacted: undefined });
          choiceOf(choice);
          return start.type === 'opaque' && start.origin === DIALECT ? tell(choice, start.data) : '';
        }
        case 'block-delta': {
          const block = blocks.get(event.index);
          return block === undefined ? '' : writeBlock(block, event.text, event.logprobs);
        }
        case 'block-signature': {
          const block = blocks.get(event.index);
          if (block !== undefined && event.redacted === true) block.redacted = event.signature;
          else if (block !== undefined) block.signature = event.signature;
          return '';
        }
        case 'block-annotation': {
          const block = blocks.get(event.index);
          if (block === undefined || event.origin !== DIALECT) return '';
          return chunk([{ content: NOTHING_SAID, index: block.choice, ...event.data }]);
        }
        case 'block-end': {
          const block = blocks.get(event.index);
          return block === undefined ? '' : endBlock(block);
        }
        case 'finish':
          choiceOf(event.choice).finish = event;
          return '';
        case 'usage':
          usage = event.usage;
          return '';
      }
    },
    end: () => lastChunk() + writer.end(),
    fail: (error) => writer.chunk({ error: toWireError(error, context.requestId) }) + writer.end(),
  };
}
