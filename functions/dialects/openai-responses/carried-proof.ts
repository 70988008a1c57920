/**
 * Proofs of other providers' reasoning in the one field that clients of this dialect keep: `encrypted_content` of a
 * reasoning item. What proves a block of text is a signature and goes in as `wrapSignature` has it. For the rest the
 * value says what it is: `redacted:` for reasoning that is only there encrypted, `call~ID:` for a signed tool call,
 * `text:` for a signed text, which this dialect has no field for; a `~ID` is the id that the part came with.
 */
import type { Signature } from '../../core/chat.ts';
import { unwrapSignature, wrapSignature } from '../../core/foreign-signature.ts';
import { DIALECT } from './wire.ts';

const KINDS = ['signature', 'redacted', 'call', 'text'] as const;
export type ProofKind = (typeof KINDS)[number];

export interface Proof {
  readonly kind: ProofKind;
  readonly signature: Signature;
  readonly id: string | undefined;
}

const MARK = /^(signature|redacted|call|text)(?:~([\w.!~*'()%-]*))?:/;

export function wrapProof({ kind, signature, id }: Proof): string {
  if (signature.origin === DIALECT) return signature.value;
  const plain = kind === 'signature' && id === undefined && !MARK.test(signature.value);
  const mark = plain ? '' : `${kind}${id === undefined ? '' : `~${encodeURIComponent(id)}`}:`;
  return wrapSignature(DIALECT, { origin: signature.origin, value: mark + signature.value });
}

export function unwrapProof(text: string): Proof {
  const { origin, value } = unwrapSignature(DIALECT, text);
  if (origin === DIALECT) return { kind: 'redacted', signature: { origin, value }, id: undefined };
  const match = MARK.exec(value);
  const kind = KINDS.find((known) => known === match?.[1]) ?? 'signature';
  const signature = { origin, value: value.slice(match?.[0].length ?? 0) };
  return { kind, signature, id: match?.[2] === undefined ? undefined : decodeId(match[2]) };
}

/** What is not well-formed is not ours: an id is worth no error. */
function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
