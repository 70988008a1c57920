import type { ErrorAnswer } from '../../core/codec.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

/** Where a provider's own code says more to a program than the gateway's: it is what clients of OpenAI test for. */
export function toWireError(error: GatewayError, requestId: string): JsonObject {
  return {
    message: error.publicMessage,
    type: error.traits.openaiType,
    param: error.param ?? null,
    code: error.traits.openaiCode,
    request_id: requestId,
  };
}

export function encodeError(error: GatewayError, requestId: string): ErrorAnswer {
  return { status: error.status, body: { error: toWireError(error, requestId) } };
}
