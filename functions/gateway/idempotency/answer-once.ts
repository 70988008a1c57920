/**
 * `Idempotency-Key`: the first request with it runs, a repeat gets the stored answer, byte for byte. Generation is paid
 * for each time, so a client that lost an answer should be able to ask for it again rather than for another one.
 */
import { toGatewayError } from '../../core/errors.ts';
import type { ClaimRequest, StoredAnswer } from '../../core/ports.ts';
import type { Gateway } from '../gateway.ts';
import { answerHeaders } from '../headers.ts';
import type { HttpResponse } from '../http.ts';
import type { ServeInput } from '../serve-chat.ts';
import type { Trace } from '../trace.ts';
import { claimError } from './claim-error.ts';
import { fingerprint } from './fingerprint.ts';
import { readIdempotencyKey } from './read-idempotency-key.ts';
import { type Recording, recordAnswer } from './record-answer.ts';

/** After the deadline, to write the answer down. */
const KEEPING_MS = 5_000;

export async function answerOnce(
  input: ServeInput,
  serve: (input: ServeInput) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const { gateway, trace, caller, request } = input;
  const key = readIdempotencyKey(request.headers);
  if (key === undefined) return serve(input);

  let claimed: ClaimRequest | undefined;
  let answer: StoredAnswer | undefined;
  const claim = async (deadlineMs: number): Promise<void> => {
    const nowMs = gateway.clock.now();
    const asked: ClaimRequest = {
      keyId: caller.keyId,
      idempotencyKey: key,
      fingerprint: fingerprint(request),
      requestId: trace.requestId,
      nowMs,
      untilMs: deadlineMs + KEEPING_MS,
    };
    const found = await gateway.idempotency.claim(asked);
    if (found.outcome === 'answered') answer = found.answer;
    if (found.outcome !== 'claimed') throw claimError(found, nowMs);
    claimed = asked;
  };

  try {
    const recording = recordAnswer(await serve({ ...input, claim }));
    trace.beforeRow = () => (claimed === undefined ? Promise.resolve() : keep(gateway, trace, claimed, recording));
    return recording.response;
  } catch (error) {
    if (answer !== undefined) return replay(trace, answer);
    // Before the client hears of it: it may ask again at once.
    if (claimed !== undefined) await release(gateway, claimed);
    throw error;
  }
}

function replay(trace: Trace, { contentType, body }: StoredAnswer): HttpResponse {
  trace.flags.push('idempotent-replay');
  trace.outcome = 'ok';
  trace.responseBytes = Buffer.byteLength(body);
  return {
    statusCode: 200,
    headers: {
      ...answerHeaders(trace, contentType),
      'x-tollgate-idempotent-replay': 'true',
      ...(trace.stream ? { 'cache-control': 'no-cache' } : { 'x-tollgate-cost-usd': '0' }),
    },
    body,
  };
}

/** Only what is complete: what failed or broke off may be tried again. Never throws: the client has its answer. */
async function keep(
  gateway: Gateway,
  trace: Trace,
  claimed: ClaimRequest,
  { response, body }: Recording,
): Promise<void> {
  const bytes = trace.outcome === 'ok' ? body() : undefined;
  if (bytes === undefined) return release(gateway, claimed);
  if (bytes === 'too-large') trace.flags.push(NOT_KEPT);
  const contentType = response.headers['content-type'] ?? 'application/json';
  const answer = bytes === 'too-large' ? undefined : { contentType, body: bytes.toString('utf8') };
  try {
    await gateway.idempotency.keep(claimed, answer, gateway.clock.now());
  } catch (thrown) {
    if (answer !== undefined) trace.flags.push(NOT_KEPT);
    report(gateway, claimed, 'An answer could not be kept under its idempotency key.', thrown);
  }
}

const NOT_KEPT = 'idempotency-not-kept';

/** Where it fails the claim ends by itself, with the deadline. */
async function release(gateway: Gateway, claimed: ClaimRequest): Promise<void> {
  try {
    await gateway.idempotency.release(claimed);
  } catch (thrown) {
    report(gateway, claimed, 'An idempotency key could not be released.', thrown);
  }
}

function report(gateway: Gateway, { requestId }: ClaimRequest, message: string, thrown: unknown): void {
  const error = toGatewayError(thrown);
  gateway.report('warn', message, { requestId, kind: error.kind, reason: error.message });
}
