/** `POST /v1/feedback`: what a caller says about an answer that it got. One row in a table of its own. */
import * as z from 'zod/mini';
import { GatewayError } from '../core/errors.ts';
import { parseRequest } from '../core/parse.ts';
import { formatTimestamp } from '../records/format-row.ts';
import { presentedKey } from './authenticate.ts';
import { type HttpResponse, jsonResponse } from './http.ts';
import { isRequestOf } from './request-id.ts';
import type { ServeInput } from './serve-chat.ts';
import { GATEWAY_VERSION } from './version.ts';

/** Sums of squares of such numbers are exact enough in a double for a million of them. */
const MOST_SCORE = 1_000_000;

const feedback = z.strictObject({
  request_id: z.string().check(z.minLength(1), z.maxLength(128)),
  score: z.number().check(z.gte(-MOST_SCORE), z.lte(MOST_SCORE)),
  label: z.nullish(
    z.string().check(z.regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 letters, digits, "_", ".", ":" or "-"')),
  ),
  comment: z.nullish(z.string().check(z.maxLength(2_000))),
});

export async function serveFeedback({ gateway, trace, caller, request, body }: ServeInput): Promise<HttpResponse> {
  const { request_id, score, label = null, comment = null } = parseRequest(feedback, body);
  const key = presentedKey(request.headers);
  if (key === undefined || !isRequestOf(request_id, key)) {
    throw new GatewayError('not-found', 'This key has made no request of this id. It is in x-tollgate-request-id.', {
      param: 'request_id',
    });
  }
  const { redactor } = await gateway.setup();
  const id = `fb_${gateway.newId()}`;
  await gateway.feedback.write({
    feedback_id: id,
    request_id,
    received_at: formatTimestamp(trace.startedAtMs),
    key_id: caller.keyId,
    score,
    label,
    comment: comment === null ? null : redactor.text(comment),
    gateway_version: GATEWAY_VERSION,
  });
  return jsonResponse(
    200,
    { object: 'feedback', id, request_id, score, label, comment },
    { 'x-tollgate-request-id': trace.requestId },
  );
}
