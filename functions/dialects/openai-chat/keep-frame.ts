import type { ChatRequest } from '../../core/chat.ts';
import type { Frame } from '../../core/codec.ts';
import { isJsonObject } from '../../core/json.ts';

/**
 * Usage is always asked for upstream. A client that did not ask gets no chunk that is about nothing else: many read
 * `choices[0]` of every chunk.
 */
export function keepFrame(frame: Frame, request: ChatRequest): boolean {
  if (request.includeUsage || !frame.data.includes('"usage"') || !/"choices"\s*:\s*\[\s*\]/.test(frame.data))
    return true;
  let chunk: unknown;
  try {
    chunk = JSON.parse(frame.data);
  } catch {
    // What is wrong with it is the decoder's to say.
    return true;
  }
  return !(
    isJsonObject(chunk) &&
    isJsonObject(chunk.usage) &&
    Array.isArray(chunk.choices) &&
    chunk.choices.length === 0
  );
}
