/**
 * What a client's history may hold and this API refuses: proofs of other providers that answered before, calls that no
 * proof came with, and an answer in many pieces, as the chats of Google's own SDK keep what they streamed. A history
 * without these goes through as it is.
 */
import { unwrapSignature } from '../../core/foreign-signature.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { NO_SIGNATURE } from './encode-part.ts';
import type { ModelTraits } from './model-traits.ts';
import { DIALECT, fieldsOf } from './wire.ts';

/** The same list where there is nothing to repair. */
export function repairHistory(contents: Json | undefined, traits: ModelTraits): Json | undefined {
  if (!Array.isArray(contents)) return contents;
  const list = contents as readonly Json[];
  const repaired = answersIn(list).flatMap((run) => (run.every(isAnswer) ? repairAnswer(run, traits) : run));
  return repaired.length === list.length && repaired.every((item, index) => item === list[index]) ? contents : repaired;
}

/** All contents in their order, those of one answer together. */
function answersIn(contents: readonly Json[]): readonly (readonly Json[])[] {
  const runs: Json[][] = [];
  contents.forEach((content, index) => {
    const last = runs.at(-1);
    if (last !== undefined && isAnswer(content) && isAnswer(contents[index - 1])) last.push(content);
    else runs.push([content]);
  });
  return runs;
}

function isAnswer(content: Json | undefined): content is JsonObject {
  return isJsonObject(content) && content.role === 'model';
}

function repairAnswer(pieces: readonly JsonObject[], { signedCalls }: ModelTraits): readonly JsonObject[] {
  const said = pieces.flatMap(partsOf);
  const proofs = said.map(proofOf);
  // Of a model that signs its calls, calls without any proof are not.
  const isForeign = proofs.includes('foreign') || (signedCalls && said.some(isCall) && !proofs.includes('own'));
  const own = isForeign ? pieces.flatMap(withoutForeignThoughts) : pieces;
  const [first] = own;
  const parts = own.flatMap(partsOf);
  if (first === undefined || !parts.some(isCall)) return own;
  // Results have to follow the one turn that holds all of their calls. Where nothing was called, pieces do no harm.
  const whole = own.length === 1 ? first : { ...first, parts };
  return [signedCalls ? signFirstCall(whole, parts) : whole];
}

function partsOf(content: JsonObject): readonly Json[] {
  const { parts } = content;
  if (Array.isArray(parts)) return parts as readonly Json[];
  return parts === undefined ? [] : [parts];
}

function isCall(part: Json): boolean {
  return isJsonObject(part) && fieldsOf(part, []).get('functionCall') !== undefined;
}

function proofOf(part: Json): 'none' | 'own' | 'foreign' {
  const proof = isJsonObject(part) ? fieldsOf(part, []).get('thoughtSignature') : undefined;
  if (typeof proof !== 'string') return 'none';
  return unwrapSignature(DIALECT, proof).origin === DIALECT ? 'own' : 'foreign';
}

/** Thoughts of other models are no part of what Gemini may be shown as its own. Nothing where nothing else was said. */
function withoutForeignThoughts(content: JsonObject): readonly JsonObject[] {
  const parts = partsOf(content).flatMap((part): readonly Json[] => {
    if (!isJsonObject(part) || proofOf(part) === 'own') return [part];
    if (part.thought === true) return [];
    if (proofOf(part) === 'none') return [part];
    const name = fieldsOf(part, []).path('thoughtSignature').at(-1);
    return [Object.fromEntries(Object.entries(part).filter(([field]) => field !== name))];
  });
  return parts.length === 0 ? [] : [{ ...content, parts }];
}

function signFirstCall(content: JsonObject, parts: readonly Json[]): JsonObject {
  const first = parts.findIndex(isCall);
  const call = parts[first];
  if (!isJsonObject(call) || proofOf(call) !== 'none') return content;
  return { ...content, parts: parts.with(first, { ...call, thoughtSignature: NO_SIGNATURE }) };
}
