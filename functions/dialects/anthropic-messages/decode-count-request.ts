/** https://platform.claude.com/docs/en/api/messages/count_tokens: a request without the answer's settings. */
import type { ChatRequest } from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { parseRequest } from '../../core/parse.ts';
import { decodeFields } from './decode-request.ts';
import { countSchema } from './wire.ts';

export function decodeCountRequest(body: JsonObject): ChatRequest {
  return { ...decodeFields(body, parseRequest(countSchema, body)), stream: false };
}
