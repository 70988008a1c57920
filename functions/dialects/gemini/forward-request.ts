import type { ChatRequest } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { createRequest } from './encode-request.ts';
import { modelTraits } from './model-traits.ts';
import { repairHistory } from './repair-history.ts';
import { fieldsOf } from './wire.ts';

/**
 * The client's own body. The model is in the path; what may change is the output cap, which the gateway may have set or
 * lowered, and what of the history would be refused. All else, and the order of the keys, stays: fields that nobody here
 * knows, and prompt caches that begin at the first byte, survive.
 */
export function forwardRequest(body: JsonObject, request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const capped = withCap(withoutModel(body), request.maxOutputTokens);
  const contents = repairHistory(body.contents, modelTraits(target.model));
  const repaired = contents === undefined ? capped : { ...capped, contents };
  return createRequest(repaired, request.stream, target, []);
}

function withCap(body: JsonObject, cap: number | undefined): JsonObject {
  if (cap === undefined) return body;
  const fields = fieldsOf(body, []);
  const config = fields.object('generationConfig');
  if (config?.get('maxOutputTokens') === cap) return body;
  const place = spelling(fields.path('generationConfig'));
  const field = spelling(config?.path('maxOutputTokens') ?? ['maxOutputTokens']);
  const before = body[place];
  return { ...body, [place]: { ...(isJsonObject(before) ? before : {}), [field]: cap } };
}

/** The one thing that a body may name twice. */
function withoutModel(body: JsonObject): JsonObject {
  if (!('model' in body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([field]) => field !== 'model'));
}

const spelling = (path: readonly PropertyKey[]): string => String(path.at(-1));
