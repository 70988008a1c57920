/** A streamed answer: nothing is committed before the first content; after it, an error is an event in the stream. */
import type { ChatEvent } from '../core/chat.ts';
import type { StreamEncoder } from '../core/codec.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import { closeAttempt, failAttempt } from './attempt.ts';
import { answerContext, type Call, type ChatAttempt, openChat } from './chat-attempt.ts';
import { holdBack, holdLimits } from './hold.ts';
import { pingOf, withPings } from './pings.ts';
import { awaitContent, createReader, expectStream } from './read-stream.ts';
import { isRefused, noteFirstContent, noteRescue } from './trace.ts';

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
    const ping = pingOf(call.format);
    for await (const piece of withPings(pieces(), call.gateway.pingMs, ping, () => stop.abort(unread()))) {
      committed = true;
      call.trace.responseBytes += Buffer.byteLength(piece);
      yield piece;
    }
  }
  return counted();
}

/** Nobody's fault: without a reason of ours it would look like a broken connection, and count against the target. */
const unread = (): GatewayError => new GatewayError('deadline', 'The answer was not read to its end.');

/** One attempt, up to where its answer goes out: the first content, unless the model holds more back. */
export async function openStream(call: Call, target: UpstreamTarget): Promise<AsyncGenerator<string>> {
  const attempt = await openChat(call, target, true);
  const encoder = call.client.createEncoder(call.request, answerContext(call));
  const callOff = awaitContent(call, attempt);
  try {
    expectStream(attempt);
    const { head, rest, isFull } = await holdBack(relay(call, attempt, encoder), {
      limits: holdLimits(call.settings),
      watch: attempt.watch,
      onContent: () => {
        callOff();
        noteFirstContent(call.trace, attempt.trace, call.gateway.clock.now());
      },
    });
    if (isFull) call.trace.flags.push('hold-full');
    noteRescue(call.trace);
    if (isRefused(attempt.trace)) return ended(await readRest(call, attempt, head, rest));
    return tail(call, attempt, head, rest, encoder);
  } catch (error) {
    attempt.reply.cancel();
    throw failAttempt(call, attempt, error);
  } finally {
    callOff();
  }
}

/**
 * An answer that is refused before anything of it has gone out may be bettered by another target. It is read to its end,
 * and booked: nobody does if it is not given.
 */
async function readRest(call: Call, attempt: ChatAttempt, head: string, rest: AsyncGenerator<string>): Promise<string> {
  let text = head;
  for await (const piece of rest) text += piece;
  closeAttempt(call, attempt);
  call.trace.after.push(() => attempt.reply.drain());
  return text;
}

async function* ended(text: string): AsyncGenerator<string> {
  yield text;
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
    const error = failAttempt(call, attempt, thrown);
    call.trace.error = error;
    call.trace.outcome = 'truncated';
    call.broke(attempt.target, error);
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
  const { passthrough } = attempt;
  const reader = createReader(call, attempt);
  const translate = (events: readonly ChatEvent[]): string => events.map((event) => encoder.push(event)).join('');
  for await (const frame of attempt.reply.frames(attempt.provider.framing)) {
    const events = reader.push(frame);
    if (events === undefined) continue;
    const piece = passthrough ? (client.keepFrame(frame, request) ? frame.raw : '') : translate(events);
    if (piece !== '') yield passthrough ? endFrame(piece) : piece;
    if (reader.done) break;
  }
  const events = reader.end();
  if (!passthrough) yield translate(events) + encoder.end();
  else if (!reader.done && client.closing !== '') yield client.closing;
}

/** The last frame of a stream may lack the blank line that ends it: what follows would become a part of it. */
function endFrame(raw: string): string {
  return /\r?\n\r?\n$|\r\r$/.test(raw.slice(-4)) ? raw : `${raw}\n\n`;
}
