import type { JsonObject } from '../../../functions/core/json.ts';
import { objectOf, objectsOf, textOf } from '../fields.ts';
import type { PromptPiece } from '../prompt-cache.ts';
import { countTokens } from '../tokens.ts';

/** https://ai.google.dev/gemini-api/docs/tokens: an image, or a page, costs as much. */
export const MEDIA_TOKENS = 258;

/** Instructions and tools come first: what stays the same from turn to turn is what the cache finds. */
export function readPrompt(body: JsonObject): readonly PromptPiece[] {
  const pieces = objectsOf(objectOf(body.systemInstruction).parts).map((part) => readPart('system', part));
  for (const tool of objectsOf(body.tools)) {
    const text = JSON.stringify(tool);
    pieces.push({ text, tokens: countTokens(text) });
  }
  for (const content of objectsOf(body.contents)) {
    pieces.push(...objectsOf(content.parts).map((part) => readPart(textOf(content.role), part)));
  }
  return pieces;
}

export function hasMedia(part: JsonObject): boolean {
  return part.inlineData !== undefined || part.fileData !== undefined;
}

/** Signatures cost nothing: they stand for thoughts that were paid for. */
function readPart(role: string, { thoughtSignature: _, ...part }: JsonObject): PromptPiece {
  const text = `${role}: ${JSON.stringify(part)}`;
  if (hasMedia(part)) return { text, tokens: MEDIA_TOKENS };
  if (typeof part.text === 'string') return { text, tokens: countTokens(part.text) };
  const { parts = [], ...rest } = objectOf(part.functionResponse ?? part.functionCall ?? part);
  return { text, tokens: countTokens(JSON.stringify(rest)) + objectsOf(parts).length * MEDIA_TOKENS };
}
