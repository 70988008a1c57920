/** https://ai.google.dev/api/tokens: the contents alone, or a whole request of which the contents are a part. */
import type { ChatRequest } from '../../core/chat.ts';
import type { RequestParams } from '../../core/codec.ts';
import type { JsonObject } from '../../core/json.ts';
import { decodeFields } from './decode-request.ts';
import { fieldsOf } from './wire.ts';

export function decodeCountRequest(body: JsonObject, params: RequestParams = {}): ChatRequest {
  const fields = fieldsOf(body, []);
  return decodeFields(fields.object('generateContentRequest') ?? fields, { ...params, stream: false });
}
