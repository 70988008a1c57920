/** A streamed answer: nothing is committed before the first content; after it, an error is an event in the stream. */
import type { ChatEvent } from '../core/chat.ts';
import type { Framing, StreamEncoder } from '../core/codec.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import { closeAttempt, failAttempt } from './attempt.ts';
import { answerContext, type Call, type ChatAttempt, openChat } from './chat-attempt.ts';
import { PING, withPings } from './pings.ts';
import { noteFirstContent } from './trace.ts';

/** Finds a target that streams. */
export type OpenStream = () => Promise<AsyncGenerator<string>>;

/**
 * The bytes for the client, with pings in every silence, the one before the first token included. Throws only before
 * the first piece is out: whoever takes that piece first can still answer with a real status.
 */
export function streamAnswer(call: Call, open: OpenStream, stop: AbortController): AsyncGenerator<string> {
  let committed = false;
  async function* pieces(): AsyncGenerator<string> {
    try {
      yield* await open();
    } catch (thrown) {
      const error = toGatewayError(thrown);
      // Only pings can have gone out, and the status with them.
      if (!committed) throw error;
      call.trace.error = error;
      call.trace.outcome = 'failed';
      yield call.client.createEncoder(call.request, answerContext(call)).fail(error);
    } finally {
      call.trace.endedAtMs = call.gateway.clock.now();
    }
  }
  async function* counted(): AsyncGenerator<string> {
    const ping = call.format === 'json-array' ? '\n' : PING;
    for await (const piece of withPings(pieces(), call.gateway.pingMs, ping, () => stop.abort())) {
      committed = true;
      call.trace.responseBytes += Buffer.byteLength(piece);
      yield piece;
    }
  }
  return counted();
}

/** One attempt, up to its first content. What comes after is in the generator. */
export async function openStream(call: Call, target: UpstreamTarget): Promise<AsyncGenerator<string>> {
  const attempt = await openChat(call, target);
  const patience = setTimeout(() => {
    const seconds = call.settings.timeouts.firstTokenMs / 1000;
    attempt.abort.abort(
      new GatewayError('upstream-timeout', `The provider "${target.provider}" sent no token within ${seconds} s.`),
    );
  }, call.settings.timeouts.firstTokenMs);
  const encoder = call.client.createEncoder(call.request, answerContext(call));
  const pieces = relay(call, attempt, encoder);
  let head = '';
  try {
    while (!attempt.watch.hasContent) {
      const next = await pieces.next();
      if (next.done === true) break;
      head += next.value;
    }
  } catch (error) {
    attempt.reply.cancel();
    throw failAttempt(call, attempt, error);
  } finally {
    clearTimeout(patience);
  }
  noteFirstContent(call.trace, attempt.trace, call.gateway.clock.now());
  return tail(call, attempt, head, pieces, encoder);
}

/** After the first content: whatever fails now is an event in the stream, in the words of the encoder that opened it. */
async function* tail(
  call: Call,
  attempt: ChatAttempt,
  head: string,
  pieces: AsyncGenerator<string>,
  encoder: StreamEncoder,
): AsyncGenerator<string> {
  let booked = false;
  try {
    yield head;
    yield* pieces;
    booked = true;
    closeAttempt(call, attempt);
    call.trace.after.push(() => attempt.reply.drain());
  } catch (thrown) {
    booked = true;
    call.trace.error = failAttempt(call, attempt, thrown);
    call.trace.outcome = 'truncated';
    attempt.reply.cancel();
    yield encoder.fail(call.trace.error);
  } finally {
    // Nobody reads on, e.g. because the invocation was cut: book what was received until now.
    if (!booked) {
      call.trace.error = failAttempt(
        call,
        attempt,
        new GatewayError('upstream-truncated', 'The answer was not read to its end.'),
      );
      call.trace.outcome = 'truncated';
      attempt.reply.cancel();
    }
  }
}

/** Frames in, client bytes out. Synchronous but for the frames themselves. */
async function* relay(call: Call, attempt: ChatAttempt, encoder: StreamEncoder): AsyncGenerator<string> {
  const { client, request } = call;
  const { provider, watch, passthrough } = attempt;
  const decoder = provider.createDecoder(attempt.encoded.restore);
  const translate = (events: readonly ChatEvent[]): string => events.map((event) => encoder.push(event)).join('');
  expectStream(attempt);
  for await (const frame of attempt.reply.frames(provider.framing)) {
    const events = decoder.push(frame);
    watch.see(events);
    const piece = passthrough ? (client.keepFrame(frame, request) ? frame.raw : '') : translate(events);
    if (piece !== '') yield piece;
    if (decoder.done) break;
  }
  const events = decoder.end();
  watch.see(events);
  if (!passthrough) yield translate(events) + encoder.end();
}

const STREAM_TYPES: { readonly [F in Framing]: string } = {
  sse: 'text/event-stream',
  'aws-event-stream': 'application/vnd.amazon.eventstream',
};

function expectStream(attempt: ChatAttempt): void {
  const type = attempt.reply.headers['content-type'] ?? '';
  if (type.startsWith(STREAM_TYPES[attempt.provider.framing])) return;
  throw new GatewayError(
    'upstream-malformed',
    `The provider "${attempt.target.provider}" answered a streamed request with "${type || 'no content type'}".`,
  );
}
