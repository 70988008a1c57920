/** https://ai.google.dev/api/caching#Part */
import type { AssistantPart, ContentPart, ReasoningPart, ToolCallPart, ToolResultPart } from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { parseToolArguments } from '../../core/tool-arguments.ts';
import { encodeMedia, fitsInResult } from './encode-media.ts';
import type { ModelTraits } from './model-traits.ts';
import { DIALECT } from './wire.ts';

export interface PartContext {
  readonly traits: ModelTraits;
  readonly toolName: (name: string) => string;
  readonly toolId: (id: string) => string;
  /** Notes what had to be left out, in the client's words where they are known. */
  readonly drop: (parameter: string) => void;
}

/**
 * Undefined for parts that leave nothing to send. Cache markers are not told: prefixes are cached without being asked
 * for, and there is no other way than a cache that was created before.
 */
export function encodeContent(
  part: ContentPart | Extract<AssistantPart, { type: 'refusal' }>,
  path: string,
  context: PartContext,
): JsonObject | undefined {
  switch (part.type) {
    // What a model said when it refused is part of what was said.
    case 'refusal':
      return part.text === '' ? undefined : { text: part.text };
    case 'text': {
      const signature = ownSignature(part);
      if (part.text === '' && signature === undefined) return undefined;
      return { text: part.text, ...(signature === undefined ? {} : { thoughtSignature: signature }) };
    }
    case 'image':
      // The resolution of one image can be chosen only by the models of one generation, and not with every key.
      if (part.detail === 'low') context.drop(`${path}.image_url.detail`);
      return { ...encodeMedia(part, path), ...part.extensions?.[DIALECT] };
    case 'file':
    case 'audio':
      return { ...encodeMedia(part, path), ...part.extensions?.[DIALECT] };
    case 'opaque':
      if (part.origin === DIALECT) return part.data;
      context.drop(path);
      return undefined;
  }
}

function ownSignature(part: ContentPart): string | undefined {
  const value = part.extensions?.[DIALECT]?.signature;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Google's documented stand-in for calls that another model made, or that were written by hand: without it the newer
 * models refuse the request. https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** One answer of the model. Only the first of its calls is signed. */
export function encodeAnswer(
  parts: readonly AssistantPart[],
  path: string,
  context: PartContext,
): readonly JsonObject[] {
  const encoded: JsonObject[] = [];
  let calls = 0;
  /** Of text, which comes as a block of its own: behind the text, or, from clients that know one place only, before it. */
  let waiting: string | undefined;
  parts.forEach((part, index) => {
    const place = `${path}[${index}]`;
    if (part.type === 'tool-call') {
      encoded.push(encodeCall(part, place, context, calls === 0));
      calls += 1;
      return;
    }
    if (part.type === 'reasoning') {
      const signature = provenance(part);
      if (signature === undefined) return;
      const last = encoded.at(-1);
      if (part.text !== '') encoded.push({ text: part.text, thought: true, thoughtSignature: signature });
      else if (isUnsignedText(last)) encoded[encoded.length - 1] = { ...last, thoughtSignature: signature };
      else waiting = signature;
      return;
    }
    const content = encodeContent(part, place, context);
    if (content === undefined) return;
    const signed = waiting !== undefined && isUnsignedText(content) ? { thoughtSignature: waiting } : {};
    if ('thoughtSignature' in signed) waiting = undefined;
    encoded.push({ ...content, ...signed });
  });
  return waiting === undefined ? encoded : [...encoded, { text: '', thoughtSignature: waiting }];
}

function isUnsignedText(part: JsonObject | undefined): part is JsonObject {
  return typeof part?.text === 'string' && part.thought !== true && part.thoughtSignature === undefined;
}

/** Only what Gemini signed goes back. Thoughts of other models are no part of what it may be shown as its own. */
function provenance(part: ReasoningPart): string | undefined {
  const proof = part.signature ?? part.redacted;
  return proof?.origin === DIALECT ? proof.value : undefined;
}

function encodeCall(part: ToolCallPart, path: string, context: PartContext, first: boolean): JsonObject {
  const own = part.signature?.origin === DIALECT ? part.signature.value : undefined;
  const signature = own ?? (first && context.traits.signedCalls ? NO_SIGNATURE : undefined);
  const args = part.kind === 'custom' ? { input: part.arguments } : parseToolArguments(part.arguments, path);
  return {
    functionCall: { id: context.toolId(part.id), name: context.toolName(part.name), args },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

export interface EncodedResult {
  readonly response: JsonObject;
  /** What has to stand beside it. */
  readonly media: readonly JsonObject[];
}

/** `name` is the called function's: a result is matched by both. */
export function encodeResult(part: ToolResultPart, name: string, path: string, context: PartContext): EncodedResult {
  const inside: JsonObject[] = [];
  const media: JsonObject[] = [];
  const texts: string[] = [];
  part.content.forEach((item, index) => {
    if (item.type === 'text') {
      texts.push(item.text);
      return;
    }
    const encoded = encodeContent(item, `${path}.content[${index}]`, context);
    if (encoded === undefined) return;
    const fits = context.traits.mediaInResults && item.type !== 'opaque' && fitsInResult(item.source);
    (fits ? inside : media).push(encoded);
  });
  return {
    response: {
      functionResponse: {
        id: context.toolId(part.callId),
        name: context.toolName(name),
        response: { [part.isError === true ? 'error' : 'output']: texts.join('\n') },
        ...(inside.length === 0 ? {} : { parts: inside }),
      },
    },
    media,
  };
}
