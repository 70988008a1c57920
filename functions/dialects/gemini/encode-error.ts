/** https://google.aip.dev/193 · https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto */
import type { ErrorAnswer } from '../../core/codec.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

const TYPE = 'type.googleapis.com/google.rpc.';

export function toWireError(error: GatewayError, requestId: string): JsonObject {
  return {
    code: error.status,
    message: error.publicMessage,
    status: error.traits.googleStatus,
    details: [
      {
        '@type': `${TYPE}ErrorInfo`,
        reason: (error.traits.openaiCode ?? error.kind).toUpperCase().replaceAll('-', '_'),
        domain: 'tollgate',
      },
      { '@type': `${TYPE}RequestInfo`, requestId },
      ...(error.param === undefined
        ? []
        : [
            {
              '@type': `${TYPE}BadRequest`,
              fieldViolations: [{ field: error.param, description: error.publicMessage }],
            },
          ]),
      ...(error.retryAfterMs === undefined
        ? []
        : [{ '@type': `${TYPE}RetryInfo`, retryDelay: `${error.retryAfterMs / 1_000}s` }]),
    ],
  };
}

export function encodeError(error: GatewayError, requestId: string): ErrorAnswer {
  return { status: error.status, body: { error: toWireError(error, requestId) } };
}
