/**
 * `thoughtSignature` on the client's side. Gemini signs with one field what others keep in two: proofs of what can be
 * read, and reasoning that is only there in encrypted form. The latter is marked in front of its value, which is base64
 * and has no colon of its own.
 */
import type { Dialect, ReasoningPart, Signature } from '../../core/chat.ts';
import { unwrapSignature, wrapSignature } from '../../core/foreign-signature.ts';
import { DIALECT } from './wire.ts';

const REDACTED = 'redacted:';

export function wrapReasoning(part: Pick<ReasoningPart, 'signature' | 'redacted'>): string | undefined {
  const { signature, redacted } = part;
  if (redacted !== undefined) {
    return wrapSignature(DIALECT, { origin: redacted.origin, value: `${REDACTED}${redacted.value}` });
  }
  return signature === undefined ? undefined : wrapSignature(DIALECT, signature);
}

export function unwrapReasoning(text: string): Pick<ReasoningPart, 'signature' | 'redacted'> {
  const signature = unwrapSignature(DIALECT, text);
  if (signature.origin === DIALECT || !signature.value.startsWith(REDACTED)) return { signature };
  return { redacted: { origin: signature.origin, value: signature.value.slice(REDACTED.length) } };
}

export function wrapCallSignature(signature: Signature): string {
  return wrapSignature(DIALECT, signature);
}

/** The part has no place for it: it stays with its dialect, as in a folded answer. */
export function textSignature(text: string): { readonly [D in Dialect]?: { readonly signature: string } } {
  const { origin, value } = unwrapSignature(DIALECT, text);
  return { [origin]: { signature: value } };
}
