/** Chunks as the `GenerateContentResponse` that they are the pieces of: each is one itself, with some of the parts. */
import type { ReplyFolder } from '../../core/codec.ts';
import {
  createNumberedDrafts,
  type Draft,
  type DraftObject,
  draftList,
  isDraftObject,
  mergePiece,
  readDraft,
} from '../../core/draft.ts';
import type { JsonObject } from '../../core/json.ts';
import { fieldsOf } from './wire.ts';

/** Beside the parts: what goes on from chunk to chunk. All else is told again, or once. */
const CONTINUED: ReadonlySet<string> = new Set(['citationMetadata', 'logprobsResult']);

/** Speech is not streamed by every model; arguments in pieces exist in streams only. */
const UNSTREAMED = /"(audio|AUDIO)"|"stream_?function_?call_?arguments"/i;

export function createFolder(request: JsonObject): ReplyFolder | undefined {
  const config = fieldsOf(request, []);
  const asked = [config.get('generationConfig'), config.get('toolConfig')];
  if (asked.some((part) => part !== undefined && UNSTREAMED.test(JSON.stringify(part)))) return undefined;
  const body: DraftObject = {};
  const candidates = createNumberedDrafts(() => ({}));
  return {
    push(frame) {
      const chunk = readDraft(frame);
      if (chunk === undefined) return 0;
      const { candidates: pieces, ...rest } = chunk;
      Object.assign(body, rest);
      candidates.forEach(pieces, addCandidate);
      return frame.data.length;
    },
    whole() {
      const ordered = candidates.inOrder();
      return ordered.length === 0 ? body : { candidates: ordered, ...body };
    },
  };
}

function addCandidate(candidate: DraftObject, piece: DraftObject): void {
  const { content, ...rest } = piece;
  if (isDraftObject(content)) candidate.content = addContent(candidate.content, content);
  for (const [field, value] of Object.entries(rest)) {
    if (CONTINUED.has(field)) mergePiece(candidate, { [field]: value });
    else candidate[field] = value;
  }
}

function addContent(known: Draft | undefined, { parts, ...rest }: DraftObject): DraftObject {
  const before = isDraftObject(known) ? known : {};
  const whole = draftList(before.parts);
  for (const part of draftList(parts)) addPart(whole, part);
  return { ...before, ...rest, parts: whole };
}

/** Pieces of one text follow each other, and the proof of what they say may come behind them in a part without text. */
function addPart(parts: Draft[], part: Draft): void {
  const last = parts.at(-1);
  if (!isDraftObject(part) || typeof part.text !== 'string') {
    parts.push(part);
  } else if (
    isText(last) &&
    last.thoughtSignature === undefined &&
    (last.thought ?? false) === (part.thought ?? false)
  ) {
    Object.assign(last, part, { text: last.text + part.text });
  } else if (last === undefined || part.text !== '' || part.thoughtSignature !== undefined) {
    // An empty text behind a call says nothing: it carries the end.
    parts.push(part);
  }
}

function isText(part: Draft | undefined): part is DraftObject & { text: string } {
  return isDraftObject(part) && typeof part.text === 'string';
}
