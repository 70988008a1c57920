/** https://platform.openai.com/docs/api-reference/chat-streaming, and what compatible servers make of it. */
import type { ChatEvent } from '../../core/chat.ts';
import type { Restore, StreamDecoder } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { decodeErrorBody, holdsError } from '../../core/openai-error.ts';
import { parseFrame } from '../../core/parse-frame.ts';
import { readCount, readList, readObject, readText } from '../../core/read.ts';
import { readTerms } from '../../core/usage.ts';
import { usageEvent } from '../../core/usage-event.ts';
import { convertUsage } from './convert-usage.ts';
import { type ChoiceDecoder, createChoiceDecoder } from './decode-choice.ts';
import { DONE } from './wire.ts';

export function createDecoder(restore?: Restore): StreamDecoder {
  const reply = createReplyDecoder(restore);
  let done = false;
  return {
    push(frame) {
      const data = frame.data.trim();
      if (done || data === '') return [];
      if (data === DONE) {
        done = true;
        return reply.end();
      }
      return reply.chunk(parseFrame(frame), frame.event === 'error');
    },
    end: () => (done ? [] : reply.end()),
    get done() {
      return done;
    },
  };
}

export interface ReplyDecoder {
  /** A chunk of a stream, or a whole answer. */
  chunk(value: Json, isError?: boolean): readonly ChatEvent[];
  /** Throws where a choice has not finished. */
  end(): readonly ChatEvent[];
}

export function createReplyDecoder(restore?: Restore): ReplyDecoder {
  const choices = new Map<number, ChoiceDecoder>();
  let blocks = 0;
  let id = '';
  let started = false;
  let tier = '';

  const choiceFor = (choice: number): ChoiceDecoder => {
    const known = choices.get(choice);
    if (known !== undefined) return known;
    const created = createChoiceDecoder({
      choice,
      restore,
      nextIndex: () => blocks++,
      callId: (position) => `call_${id.replace(/[^A-Za-z0-9]/g, '')}${choice}${position}`,
    });
    choices.set(choice, created);
    return created;
  };

  const start = (chunk: JsonObject): readonly ChatEvent[] => {
    if (started) return [];
    // Azure begins with a chunk about its content filter that has neither id nor model nor choices.
    id = readText(chunk.id);
    if (id === '' && readList(chunk.choices).length === 0) return [];
    started = true;
    const created = readCount(chunk.created);
    return [
      { type: 'response-start', id, model: readText(chunk.model), ...(created > 0 ? { createdAt: created } : {}) },
    ];
  };

  return {
    chunk(value, isError = false) {
      if (!isJsonObject(value))
        throw new GatewayError('upstream-malformed', 'The provider sent a chunk that is no object.');
      if (isError || holdsError(value)) throw decodeErrorBody(value);
      const events: ChatEvent[] = [...start(value)];
      readList(value.choices).forEach((item, position) => {
        const wire = readObject(item);
        if (holdsError(wire)) throw decodeErrorBody(wire);
        const choice = choiceFor(typeof wire.index === 'number' ? wire.index : position);
        const whole = isJsonObject(wire.message);
        const delta = readObject(whole ? wire.message : wire.delta);
        events.push(...choice.delta(delta, wire.logprobs, whole));
        const word = readText(wire.finish_reason);
        if (word !== '') events.push(...choice.finish(word));
        else if (whole) events.push(...choice.finish('stop'));
      });
      // Groq sent it in a place of its own before it sent it in both.
      const usage = convertUsage(value.usage) ?? convertUsage(readObject(value.x_groq).usage);
      tier = readText(value.service_tier) || tier;
      if (usage !== undefined) events.push(usageEvent(usage, readTerms(tier)));
      return events;
    },
    end() {
      const complete = choices.size > 0 && [...choices.values()].every((choice) => choice.finished);
      if (complete) return [];
      throw new GatewayError('upstream-truncated', 'The provider ended its answer before it was complete.');
    },
  };
}
