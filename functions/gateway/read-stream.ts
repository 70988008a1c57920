/** What a provider streams, frame by frame: decoded, watched, and held to what a stream must be. */
import type { ChatEvent } from '../core/chat.ts';
import type { Frame, Framing } from '../core/codec.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { Call, ChatAttempt } from './chat-attempt.ts';

export interface StreamReader {
  /** Undefined for a frame that is left out. */
  push(frame: Frame): readonly ChatEvent[] | undefined;
  /** Throws where the stream may not end here. */
  end(): readonly ChatEvent[];
  readonly done: boolean;
}

/** More than a slip: nobody knows then what else is missing. */
const MOST_SKIPPED = 3;
export const MALFORMED_CHUNK = 'malformed-chunk';

/**
 * A frame that cannot be read at all is left out, and flagged, where the answer is readable without it: something has
 * come already, and what is under way is text for people. Not within a call, whose arguments a program acts on, within
 * reasoning, whose proof would not hold, or within JSON that was asked for. A frame that can be read and is not of the
 * dialect is an error: the decoder may be between two states. Whatever was left out, the stream must still come to its end.
 */
export function createReader(call: Call, attempt: ChatAttempt): StreamReader {
  const { provider, watch } = attempt;
  const decoder = provider.createDecoder(attempt.encoded.restore);
  const isProse = call.request.responseFormat === undefined || call.request.responseFormat.type === 'text';
  let skipped = 0;

  const skip = (frame: Frame, thrown: unknown): void => {
    const error = toGatewayError(thrown);
    const isSpare = watch.hasContent && isProse && !watch.isFragile && skipped < MOST_SKIPPED;
    if (error.kind !== 'upstream-malformed' || !isSpare || canBeRead(frame)) throw error;
    skipped += 1;
    if (!call.trace.flags.includes(MALFORMED_CHUNK)) call.trace.flags.push(MALFORMED_CHUNK);
    const { provider: name, model } = attempt.target;
    call.gateway.report('warn', 'A provider sent a chunk that cannot be read. It was left out.', {
      metric: 'MalformedChunk',
      requestId: call.trace.requestId,
      provider: name,
      model,
    });
  };

  return {
    push(frame) {
      try {
        const events = decoder.push(frame);
        watch.see(events);
        return events;
      } catch (thrown) {
        skip(frame, thrown);
        return undefined;
      }
    },
    end() {
      const events = decoder.end();
      watch.see(events);
      return events;
    },
    get done() {
      return decoder.done;
    },
  };
}

function canBeRead({ data }: Frame): boolean {
  try {
    return isJsonObject(JSON.parse(data));
  } catch {
    return false;
  }
}

const STREAM_TYPES: { readonly [F in Framing]: string } = {
  sse: 'text/event-stream',
  'aws-event-stream': 'application/vnd.amazon.eventstream',
};

export function isStream({ reply, provider }: ChatAttempt): boolean {
  return contentType(reply.headers).startsWith(STREAM_TYPES[provider.framing]);
}

export function expectStream(attempt: ChatAttempt): void {
  if (isStream(attempt)) return;
  const type = contentType(attempt.reply.headers);
  throw new GatewayError(
    'upstream-malformed',
    `The provider "${attempt.target.provider}" answered a streamed request with "${type || 'no content type'}".`,
  );
}

function contentType(headers: { readonly [name: string]: string }): string {
  return headers['content-type']?.trim().toLowerCase() ?? '';
}

/** Ends an attempt that has no content in time. Counted from the sending; returns what calls it off. */
export function awaitContent(call: Call, { trace, target, abort, firstTokenMs }: ChatAttempt): () => void {
  const passedMs = call.gateway.clock.now() - trace.startedAtMs;
  const timer = setTimeout(
    () => {
      const seconds = firstTokenMs / 1000;
      abort.abort(
        new GatewayError('upstream-timeout', `The provider "${target.provider}" sent no token within ${seconds} s.`),
      );
    },
    Math.max(1, firstTokenMs - passedMs),
  );
  return () => clearTimeout(timer);
}
