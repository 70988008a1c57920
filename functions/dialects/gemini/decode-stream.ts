/** https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent, with `alt=sse`: no frame closes it. */
import type { ChatEvent } from '../../core/chat.ts';
import type { Restore, StreamDecoder } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { parseFrame } from '../../core/parse-frame.ts';
import { readList, readObject, readText } from '../../core/read.ts';
import { usageEvent } from '../../core/usage-event.ts';
import { convertUsage, termsOf } from './convert-usage.ts';
import { type CandidateDecoder, createCandidateDecoder } from './decode-candidate.ts';
import { decodeErrorBody, holdsError } from './decode-error.ts';

export function createDecoder(restore?: Restore): StreamDecoder {
  const reply = createReplyDecoder(restore);
  return {
    push: (frame) => (frame.data.trim() === '' ? [] : reply.chunk(parseFrame(frame))),
    end: reply.end,
    // The last chunk looks like any other; the end of the bytes is the end.
    done: false,
  };
}

export interface ReplyDecoder {
  /** A chunk of a stream, or a whole answer. */
  chunk(value: Json): readonly ChatEvent[];
  /** Throws where a candidate has not finished. */
  end(): readonly ChatEvent[];
}

export function createReplyDecoder(restore?: Restore): ReplyDecoder {
  const candidates = new Map<number, CandidateDecoder>();
  let blocks = 0;
  let id = '';
  let started = false;
  let blocked: string | undefined;
  let ended = false;

  const candidateFor = (choice: number): CandidateDecoder => {
    const known = candidates.get(choice);
    if (known !== undefined) return known;
    const created = createCandidateDecoder({
      choice,
      restore,
      nextIndex: () => blocks++,
      callId: (position) => `call_${id.replace(/[^A-Za-z0-9]/g, '')}${choice}${position}`,
    });
    candidates.set(choice, created);
    return created;
  };

  let hasSearched = false;

  const start = (chunk: JsonObject): readonly ChatEvent[] => {
    if (started) return [];
    started = true;
    id = readText(chunk.responseId);
    const created = Math.floor(Date.parse(readText(chunk.createTime)) / 1_000);
    return [
      {
        type: 'response-start',
        id,
        model: readText(chunk.modelVersion),
        ...(Number.isNaN(created) ? {} : { createdAt: created }),
      },
    ];
  };

  return {
    chunk(value) {
      // An error in a stream may come in a list of one.
      const chunk = Array.isArray(value) ? value[0] : value;
      if (!isJsonObject(chunk)) {
        throw new GatewayError('upstream-malformed', 'The provider sent a chunk that is no object.');
      }
      if (holdsError(chunk)) throw decodeErrorBody(chunk);
      const events: ChatEvent[] = [...start(chunk)];
      readList(chunk.candidates).forEach((item, position) => {
        const candidate = readObject(item);
        hasSearched ||= readList(readObject(candidate.groundingMetadata).webSearchQueries).length > 0;
        const choice = typeof candidate.index === 'number' ? candidate.index : position;
        events.push(...candidateFor(choice).chunk(candidate));
      });
      blocked ??= readText(readObject(chunk.promptFeedback).blockReason) || undefined;
      const usage = convertUsage(chunk.usageMetadata);
      if (usage !== undefined) events.push(usageEvent(usage, termsOf(readObject(chunk.usageMetadata), hasSearched)));
      return events;
    },
    end() {
      if (ended) return [];
      ended = true;
      if (candidates.size > 0) return [...candidates.values()].flatMap((candidate) => candidate.end());
      // A prompt that was refused has no candidates.
      if (blocked !== undefined) {
        return [{ type: 'finish', choice: 0, reason: 'content-filter', rawReason: blocked }];
      }
      throw new GatewayError('upstream-truncated', 'The provider ended its answer before it was complete.');
    },
  };
}
