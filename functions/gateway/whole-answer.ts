/**
 * A whole answer: read to its end, checked and metered before the first byte goes to the client. The provider is asked
 * for a stream wherever the same answer can be put together from one: its silence is noticed then, what a broken attempt
 * has cost is known, and another target takes over.
 */
import type { ChatEvent } from '../core/chat.ts';
import { GatewayError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import { quirksOf } from '../core/quirks.ts';
import { providerCodec } from '../dialects/index.ts';
import { type Attempt, closeAttempt, failAttempt } from './attempt.ts';
import { answerContext, type Call, type ChatAttempt, openChat, passesThrough } from './chat-attempt.ts';
import { awaitContent, createReader, isStream } from './read-stream.ts';
import { noteFirstContent, noteRescue, sentAttempts } from './trace.ts';

/** Of one answer, which is held in memory: as much as of an unstreamed body. */
const MAX_CHARS = 64 * 1024 * 1024;

/** One attempt. Returns the client's JSON. */
export async function wholeAnswer(call: Call, target: UpstreamTarget): Promise<string> {
  if (!canStream(call, target)) return ask(call, target, false);
  try {
    return await ask(call, target, true);
  } catch (error) {
    const isAllowed = sentAttempts(call.trace).length < call.settings.attempts;
    if (!isAllowed || !refusesToStream(error)) throw error;
    return ask(call, target, false);
  }
}

/** Who cannot count a stream's tokens would be paid by estimate. */
function canStream(call: Call, target: UpstreamTarget): boolean {
  if (!quirksOf(target.config.quirks).streamUsage) return false;
  if (!passesThrough(call, target)) return true;
  return providerCodec(target.config.dialect).createFolder?.(call.body) !== undefined;
}

/** Some models stream nothing, or no calls: the client has not asked for a stream, and must not be told of it. */
function refusesToStream(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return false;
  return (error.kind === 'invalid-request' || error.kind === 'unsupported-parameter') && /stream/i.test(error.message);
}

async function ask(call: Call, target: UpstreamTarget, stream: boolean): Promise<string> {
  const attempt = await openChat(call, target, stream);
  try {
    // A server may answer in one piece though it was asked for a stream.
    const text = stream && isStream(attempt) ? await readStreamed(call, attempt) : await readWhole(call, attempt);
    closeAttempt(call, attempt);
    noteRescue(call.trace);
    return text;
  } catch (error) {
    attempt.reply.cancel();
    throw failAttempt(call, attempt, error);
  }
}

async function readStreamed(call: Call, attempt: ChatAttempt): Promise<string> {
  const { provider, passthrough, watch, reply } = attempt;
  const folder = passthrough ? provider.createFolder?.(call.body) : undefined;
  const reader = createReader(call, attempt);
  const events: ChatEvent[] = [];
  const callOff = awaitContent(call, attempt);
  let held = 0;
  try {
    for await (const frame of reply.frames(provider.framing)) {
      const read = reader.push(frame);
      if (read === undefined) continue;
      if (folder === undefined) events.push(...read);
      held += folder?.push(frame) ?? sizeOf(read);
      if (held > MAX_CHARS) {
        throw new GatewayError('upstream-malformed', `The provider's answer is over ${MAX_CHARS} characters.`);
      }
      if (watch.hasContent && attempt.trace.firstContentAtMs === undefined) {
        callOff();
        noteFirstContent(call.trace, attempt.trace, call.gateway.clock.now());
      }
      if (reader.done) break;
    }
  } finally {
    callOff();
  }
  events.push(...reader.end());
  call.trace.after.push(() => reply.drain());
  if (folder !== undefined) return JSON.stringify(folder.whole());
  return JSON.stringify(call.client.encodeResponse(events, answerContext(call)));
}

function sizeOf(events: readonly ChatEvent[]): number {
  return events.reduce((sum, event) => sum + (event.type === 'block-delta' ? event.text.length : 0), 0);
}

async function readWhole(call: Call, attempt: ChatAttempt): Promise<string> {
  const text = await attempt.reply.text();
  const events = attempt.provider.decodeResponse(parseAnswer(text, attempt), attempt.encoded.restore);
  attempt.watch.see(events);
  noteFirstContent(call.trace, attempt.trace, call.gateway.clock.now());
  return attempt.passthrough ? text : JSON.stringify(call.client.encodeResponse(events, answerContext(call)));
}

export function parseAnswer(text: string, attempt: Attempt): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new GatewayError(
      'upstream-malformed',
      `The provider "${attempt.target.provider}" answered with broken JSON.`,
      {
        cause,
      },
    );
  }
}
