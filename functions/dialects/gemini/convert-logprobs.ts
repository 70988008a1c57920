/** Token probabilities are neutral in OpenAI's form: one entry a token, with what else it could have been. */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readList, readObject, readText } from '../../core/read.ts';

/** https://ai.google.dev/api/generate-content#LogprobsResult */
export function convertLogprobs(value: Json | undefined): readonly Json[] {
  if (!isJsonObject(value)) return [];
  const alternatives = readList(value.topCandidates).map((step) => readList(readObject(step).candidates));
  return readList(value.chosenCandidates).map((chosen, step) => ({
    ...toEntry(chosen),
    top_logprobs: (alternatives[step] ?? []).map(toEntry),
  }));
}

function toEntry(candidate: Json): JsonObject {
  const { token, logProbability } = readObject(candidate);
  return {
    token: readText(token),
    logprob: typeof logProbability === 'number' ? logProbability : 0,
    bytes: [...new TextEncoder().encode(readText(token))],
  };
}

export function toWireLogprobs(entries: readonly Json[]): JsonObject {
  const tokens = entries.map(readObject);
  return {
    chosenCandidates: tokens.map(toCandidate),
    topCandidates: tokens.map((entry) => ({
      candidates: readList(entry.top_logprobs).map(readObject).map(toCandidate),
    })),
  };
}

function toCandidate(entry: JsonObject): JsonObject {
  return { token: readText(entry.token), logProbability: typeof entry.logprob === 'number' ? entry.logprob : 0 };
}
