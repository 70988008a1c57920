import type { ClientDialect } from '../core/chat.ts';

/** Headers by which a client asks its own provider for more. They reach targets of the same dialect, and no others. */
const PASSED: { readonly [D in ClientDialect]: readonly string[] } = {
  'openai-chat': ['openai-beta'],
  'openai-responses': ['openai-beta'],
  'anthropic-messages': ['anthropic-version', 'anthropic-beta'],
  gemini: [],
};

export function passedHeaders(
  dialect: ClientDialect,
  headers: { readonly [name: string]: string },
): { readonly [name: string]: string } {
  return Object.fromEntries(
    PASSED[dialect].flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}
