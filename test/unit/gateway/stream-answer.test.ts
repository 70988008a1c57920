import { expect, it } from 'vitest';
import { BLAME } from '../../../functions/core/blame.ts';
import { toGatewayError } from '../../../functions/core/errors.ts';
import type { Call } from '../../../functions/gateway/chat-attempt.ts';
import { PING } from '../../../functions/gateway/pings.ts';
import { streamAnswer } from '../../../functions/gateway/stream-answer.ts';
import { openTrace } from '../../../functions/gateway/trace.ts';

it('blames no target for a client that has left before the first token', async () => {
  const stop = new AbortController();
  const call = {
    format: 'sse',
    gateway: { pingMs: 5, clock: { now: () => 0 } },
    trace: openTrace('req_1', 0, 'openai-chat'),
    client: { createEncoder: () => ({ fail: () => '' }) },
  } as unknown as Call;
  // As an attempt that is under way: it ends with the reason for which it was ended.
  const open = () =>
    new Promise<never>((_, reject) => stop.signal.addEventListener('abort', () => reject(stop.signal.reason)));
  const pieces = streamAnswer(call, open, stop);
  expect(await pieces.next()).toEqual({ done: false, value: PING });
  await pieces.return(undefined);
  expect(BLAME[toGatewayError(stop.signal.reason).kind]).toBe('nobody');
  expect(toGatewayError(stop.signal.reason).kind).toBe('deadline');
});
