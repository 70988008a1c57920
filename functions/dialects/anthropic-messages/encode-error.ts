/** https://platform.claude.com/docs/en/api/errors */
import type { ErrorAnswer } from '../../core/codec.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

/** The `data` of an `error` event, and the body of an answer that is one. */
export function toWireError(error: GatewayError, requestId: string): JsonObject {
  const { anthropicType: type, openaiCode: code } = error.traits;
  return {
    type: 'error',
    // `details.error_code` is where programs find what the type is too coarse for, as an exhausted budget.
    error: { type, message: messageOf(error), ...(code === null ? {} : { details: { error_code: code } }) },
    request_id: requestId,
  };
}

export function encodeError(error: GatewayError, requestId: string): ErrorAnswer {
  return { status: error.status, body: toWireError(error, requestId) };
}

/** The dialect has no field for what is to blame: it stands in front of the message. */
function messageOf({ param, publicMessage }: GatewayError): string {
  return param === undefined || publicMessage.includes(param) ? publicMessage : `${param}: ${publicMessage}`;
}
