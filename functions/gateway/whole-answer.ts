/** A whole answer: read to its end, checked and metered before the first byte goes to the client. */
import { GatewayError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import { type Attempt, closeAttempt, failAttempt } from './attempt.ts';
import { answerContext, type Call, openChat } from './chat-attempt.ts';
import { noteFirstContent } from './trace.ts';

/** One attempt. Returns the client's JSON. */
export async function wholeAnswer(call: Call, target: UpstreamTarget): Promise<string> {
  const attempt = await openChat(call, target);
  try {
    const text = await attempt.reply.text();
    const events = attempt.provider.decodeResponse(parseAnswer(text, attempt), attempt.encoded.restore);
    attempt.watch.see(events);
    noteFirstContent(call.trace, attempt.trace, call.gateway.clock.now());
    closeAttempt(call, attempt);
    if (attempt.passthrough) return text;
    return JSON.stringify(call.client.encodeResponse(events, answerContext(call)));
  } catch (error) {
    throw failAttempt(call, attempt, error);
  }
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
