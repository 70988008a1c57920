import type { Dialect } from '../../core/chat.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { DIALECT } from './wire.ts';

/** Citations of Chat Completions are those of this dialect, one object deeper. Of others there is no counterpart. */
export function toAnnotation(origin: Dialect, data: JsonObject): JsonObject | undefined {
  if (origin === DIALECT) return data;
  const citation = data.url_citation;
  if (origin !== 'openai-chat' || data.type !== 'url_citation' || !isJsonObject(citation)) return undefined;
  return { type: 'url_citation', ...citation };
}
