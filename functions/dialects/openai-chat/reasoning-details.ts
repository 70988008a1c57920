/**
 * Reasoning in a dialect that has no place for it. The text travels as `reasoning_content` (DeepSeek's word, which most
 * clients and servers know; vLLM and OpenRouter say `reasoning`). What proves it travels as OpenRouter's
 * `reasoning_details`, https://openrouter.ai/docs/use-cases/reasoning-tokens: `reasoning.text` with a `signature`,
 * `reasoning.encrypted` with `data`, and a `format` that tells whose it is. A client that sends its assistant messages
 * back as it got them, gives every signature back byte for byte.
 *
 * Gemini signs tool calls; its compatible interface puts that in `extra_content.google.thought_signature` of the call.
 *
 * Proofs of other dialects are marked as in all of ours: without the mark nobody could tell what OpenRouter itself said of
 * Claude's reasoning from what we said of it, and one of them must not go to OpenRouter.
 */
import type { Dialect, ReasoningPart, Signature, ToolCallPart } from '../../core/chat.ts';
import { unwrapSignature, wrapSignature } from '../../core/foreign-signature.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readList, readObject, readText } from '../../core/read.ts';

const DIALECT = 'openai-chat';

const FORMATS: { readonly [D in Dialect]: string | undefined } = {
  'anthropic-messages': 'anthropic-claude-v1',
  gemini: 'google-gemini-v1',
  'openai-responses': 'openai-responses-v1',
  'bedrock-converse': 'bedrock-converse-v1',
  // What a chat provider signed is its own: it names the format itself, or none.
  'openai-chat': undefined,
};

const ORIGINS: ReadonlyMap<string | undefined, Dialect> = new Map(
  Object.entries(FORMATS).map(([dialect, format]) => [format, dialect as Dialect]),
);

type DetailKind = 'text' | 'summary' | 'encrypted';

export interface ReasoningDetail {
  readonly kind: DetailKind;
  readonly text: string;
  readonly signature: string;
  readonly data: string;
  readonly id: string;
  readonly index: Json | undefined;
  readonly origin: Dialect;
}

const KINDS: ReadonlyMap<string, DetailKind> = new Map([
  ['reasoning.text', 'text'],
  ['reasoning.summary', 'summary'],
  ['reasoning.encrypted', 'encrypted'],
]);

export function readDetails(value: Json | undefined): readonly ReasoningDetail[] {
  return readList(value).flatMap((item) => {
    const entry = readObject(item);
    const kind = KINDS.get(readText(entry.type));
    if (kind === undefined) return [];
    const signature = unwrapSignature(DIALECT, readText(entry.signature));
    const data = unwrapSignature(DIALECT, readText(entry.data));
    const marked = [signature, data].find((proof) => proof.origin !== DIALECT);
    return [
      {
        kind,
        text: readText(kind === 'summary' ? entry.summary : entry.text),
        signature: signature.value,
        data: data.value,
        id: readText(entry.id),
        index: entry.index,
        origin: marked?.origin ?? ORIGINS.get(readText(entry.format)) ?? DIALECT,
      },
    ];
  });
}

/**
 * Whether an entry goes on with the block of the one before. OpenRouter streams one block as many entries, the signature
 * last and without text, and clients send the pieces back as they collected them: a signature holds for the whole text
 * only. Its indices are no help, streamed entries all have 0.
 */
export function continues(entry: ReasoningDetail, before: ReasoningDetail | undefined): boolean {
  if (before === undefined || before.signature !== '' || before.data !== '') return false;
  if (entry.kind === before.kind) return entry.index === before.index;
  // An encrypted block and its summary are two entries.
  return (
    entry.kind === 'encrypted' && before.kind === 'summary' && (entry.id === before.id || entry.index === before.index)
  );
}

/** Complete blocks from a message of the history. */
export function decodeDetails(details: readonly ReasoningDetail[]): readonly ReasoningPart[] {
  const groups: ReasoningDetail[][] = [];
  for (const entry of details) {
    const group = groups.at(-1);
    if (group !== undefined && continues(entry, group.at(-1))) group.push(entry);
    else groups.push([entry]);
  }
  return groups.map((group) => {
    const signed = group.find((entry) => entry.signature !== '');
    const encrypted = group.find((entry) => entry.data !== '');
    const id = group.find((entry) => entry.id !== '')?.id;
    return {
      type: 'reasoning',
      text: group.map((entry) => entry.text).join(''),
      ...(id === undefined ? {} : { id }),
      ...(signed === undefined ? {} : { signature: { origin: signed.origin, value: signed.signature } }),
      ...(encrypted === undefined ? {} : { redacted: { origin: encrypted.origin, value: encrypted.data } }),
    };
  });
}

/** The entries of one complete block: none where nothing is proven, the text alone goes another way. */
export function encodeDetails(part: Omit<ReasoningPart, 'type'>, index: number): readonly JsonObject[] {
  const { text, id, signature, redacted } = part;
  const common = (origin: Dialect): JsonObject => ({
    ...(FORMATS[origin] === undefined ? {} : { format: FORMATS[origin] }),
    ...(id === undefined ? {} : { id }),
    index,
  });
  const entries: JsonObject[] = [];
  if (signature !== undefined) {
    const marked = wrapSignature(DIALECT, signature);
    entries.push({ type: 'reasoning.text', text, signature: marked, ...common(signature.origin) });
  } else if (redacted !== undefined && text !== '') {
    entries.push({ type: 'reasoning.summary', summary: text, ...common(redacted.origin) });
  }
  if (redacted !== undefined) {
    const marked = wrapSignature(DIALECT, redacted);
    entries.push({ type: 'reasoning.encrypted', data: marked, ...common(redacted.origin) });
  }
  return entries;
}

/** `origin` is whose an unmarked signature is: on the way in from a client Gemini's, from a provider of this dialect its own. */
export function readCallSignature(call: JsonObject, origin: Dialect): Signature | undefined {
  const extra = readObject(call.extra_content);
  // Vertex's interface says `vertex` where the Gemini API says `google`.
  const text =
    readText(readObject(extra.google).thought_signature) || readText(readObject(extra.vertex).thought_signature);
  if (text === '') return undefined;
  const signature = unwrapSignature(DIALECT, text);
  return signature.origin === DIALECT ? { origin, value: text } : signature;
}

export function encodeCallSignature(signature: ToolCallPart['signature']): JsonObject {
  if (signature === undefined) return {};
  return { extra_content: { google: { thought_signature: wrapSignature(DIALECT, signature) } } };
}

/** A message of a client's history without what another dialect's provider proved. The same one where there is nothing. */
export function withoutForeignProofs(message: JsonObject): JsonObject {
  const { reasoning_details: details, tool_calls: calls } = message;
  const isForeign = readList(details).some((item) => {
    const { signature, data } = readObject(item);
    return [signature, data].some((proof) => unwrapSignature(DIALECT, readText(proof)).origin !== DIALECT);
  });
  const signed = (call: Json): call is JsonObject => {
    const signature = isJsonObject(call) ? readCallSignature(call, DIALECT) : undefined;
    return signature !== undefined && signature.origin !== DIALECT;
  };
  const hasSigned = Array.isArray(calls) && calls.some(signed);
  if (!isForeign && !hasSigned) return message;
  const { reasoning_details: _details, tool_calls: _calls, ...rest } = message;
  return {
    ...rest,
    ...(isForeign || details === undefined ? {} : { reasoning_details: details }),
    ...(calls === undefined ? {} : { tool_calls: hasSigned ? calls.map(withoutSignature) : calls }),
  };

  function withoutSignature(call: Json): Json {
    if (!signed(call)) return call;
    const { extra_content: _signature, ...own } = call;
    return own;
  }
}
