import type { ReasoningPart } from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { type Path, parseRequest } from '../../core/parse.ts';
import { type Proof, unwrapProof } from './carried-proof.ts';
import { OWN_ITEM_ID, reasoningSchema } from './wire.ts';

/** Between the parts of a summary, where they become one text. */
export const PASSAGE_BREAK = '\n\n';

export interface DecodedReasoning {
  readonly part?: ReasoningPart;
  /** A proof of something else than reasoning, which this item was made to carry. */
  readonly proof?: Proof;
}

/** Nothing where the item is but the name of one that lies with the provider. */
export function decodeReasoning(item: JsonObject, at: Path): DecodedReasoning {
  const { id, summary, content, encrypted_content: encrypted } = parseRequest(reasoningSchema, item, at);
  const proof = encrypted ? unwrapProof(encrypted) : undefined;
  if (proof?.kind === 'call' || proof?.kind === 'text') return { proof };
  const passages = content && content.length > 0 ? content : (summary ?? []);
  const text = passages.map((passage) => passage.text).join(PASSAGE_BREAK);
  if (proof === undefined && text === '') return {};
  const known = proof?.id ?? (id && !OWN_ITEM_ID.test(id) ? id : undefined);
  return {
    part: {
      type: 'reasoning',
      text,
      ...(known === undefined ? {} : { id: known }),
      ...(proof === undefined ? {} : { [proof.kind]: proof.signature }),
    },
  };
}
