import type { ClientDialect } from '../core/chat.ts';
import { GatewayError } from '../core/errors.ts';

/** Headers by which a client asks its own provider for more. They reach targets of the same dialect, and no others. */
const PASSED: { readonly [D in ClientDialect]: readonly string[] } = {
  'openai-chat': ['openai-beta'],
  'openai-responses': ['openai-beta'],
  'anthropic-messages': ['anthropic-version', 'anthropic-beta'],
  gemini: [],
};

/** What no header can hold would fail at the connection, and look like the provider's fault. */
const SENDABLE = /^[\t\x20-\x7e]*$/;

export function passedHeaders(
  dialect: ClientDialect,
  headers: { readonly [name: string]: string },
): { readonly [name: string]: string } {
  const passed: Record<string, string> = {};
  for (const name of PASSED[dialect]) {
    const value = headers[name];
    if (value === undefined) continue;
    if (!SENDABLE.test(value)) {
      throw new GatewayError('invalid-request', `The header "${name}" holds a character that no header can.`, {
        param: name,
      });
    }
    passed[name] = value;
  }
  return passed;
}
