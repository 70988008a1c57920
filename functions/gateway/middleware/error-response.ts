import { type GatewayError, toGatewayError } from '../../core/errors.ts';
import { clientCodec } from '../../dialects/index.ts';
import type { Outcome } from '../../records/row.ts';
import type { Gateway } from '../gateway.ts';
import { errorHeaders } from '../headers.ts';
import { jsonResponse } from '../http.ts';
import type { GatewayMiddleware } from '../state.ts';
import type { Trace } from '../trace.ts';

/**
 * Whatever was thrown before the first byte, as JSON in the client's dialect. Must be registered last: middy runs
 * `onError` in reverse order.
 */
export function errorResponse(gateway: Gateway): GatewayMiddleware {
  return {
    name: 'errorResponse',
    onError: (request) => {
      const { trace } = request.context.tollgate;
      const error = toGatewayError(request.error);
      trace.error = error;
      trace.outcome = outcomeOf(trace, error);
      if (error.kind === 'internal') reportInternal(gateway, trace, error);
      // The caller can do nothing about it: an item that cannot be read, or a table that does not answer.
      if (error.kind === 'ledger-unavailable') {
        const reason = error.message;
        gateway.report('error', 'A request failed for the ledger.', { requestId: trace.requestId, reason });
      }
      const answer = clientCodec(trace.dialect).encodeError(error, trace.requestId);
      trace.status = answer.status;
      request.response = jsonResponse(answer.status, answer.body, errorHeaders(trace, error));
    },
  };
}

function outcomeOf(trace: Trace, error: GatewayError): Outcome {
  if (trace.denial !== undefined) return 'denied';
  if (trace.attempts.length === 0 && error.status < 500) return 'refused';
  return 'failed';
}

function reportInternal(gateway: Gateway, trace: Trace, error: GatewayError): void {
  const { cause } = error;
  gateway.report('error', 'A request failed inside the gateway.', {
    requestId: trace.requestId,
    reason: error.message,
    stack: cause instanceof Error ? cause.stack : undefined,
  });
}
