/**
 * https://ai.google.dev/api/generate-content#UsageMetadata
 *
 * The prompt includes what was cached; thoughts and what tools of Google's put into the prompt stand beside the two main
 * numbers. Audio shows only in the details by modality, where tools' input has details of its own.
 */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readCount, readList, readObject, readText } from '../../core/read.ts';
import {
  readTerms,
  type ServiceTerm,
  totalInputTokens,
  totalOutputTokens,
  type Usage,
  withExtras,
} from '../../core/usage.ts';

/** Undefined where the value counts nothing: Vertex's first chunks tell nothing but the kind of traffic. */
export function convertUsage(value: Json | undefined): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  const counts = [value.promptTokenCount, value.candidatesTokenCount, value.totalTokenCount];
  if (!counts.some((count) => typeof count === 'number')) return undefined;
  const prompt = readCount(value.promptTokenCount);
  const candidates = readCount(value.candidatesTokenCount);
  const thoughts = readCount(value.thoughtsTokenCount);
  const tools = readCount(value.toolUsePromptTokenCount);
  const cached = Math.min(readCount(value.cachedContentTokenCount), prompt);

  // Cached audio is in both details: never more classes than tokens.
  const audioCached = Math.min(audioOf(value.cacheTokensDetails), cached);
  const audioInput = Math.min(Math.max(0, audioOf(value.promptTokensDetails) - audioCached), prompt - cached);
  const audioTools = Math.min(audioOf(value.toolUsePromptTokensDetails), tools);
  const audioOutput = Math.min(audioOf(value.candidatesTokensDetails), candidates);
  return {
    inputTokens: prompt - cached - audioInput + tools - audioTools,
    cacheReadTokens: cached,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: candidates - audioOutput + thoughts,
    reasoningTokens: thoughts,
    audioInputTokens: audioInput + audioTools,
    audioOutputTokens: audioOutput,
    ...(audioCached === 0 ? {} : { cacheReadAudioTokens: audioCached }),
  };
}

/**
 * The Gemini API names a tier, Vertex AI a kind of traffic: `ON_DEMAND_FLEX`. A search is paid for beside tokens, and a
 * picture's tokens cost ten times what the text's do.
 */
export function termsOf(metadata: JsonObject, hasSearched: boolean): readonly ServiceTerm[] {
  const terms = readTerms(metadata.serviceTier, readText(metadata.trafficType).replace('ON_DEMAND_', ''));
  return withExtras(terms, hasSearched || countOf('IMAGE', metadata.candidatesTokensDetails) > 0);
}

const audioOf = (details: Json | undefined): number => countOf('AUDIO', details);

function countOf(modality: string, details: Json | undefined): number {
  return readList(details)
    .map(readObject)
    .filter((detail) => detail.modality === modality)
    .reduce((sum, detail) => sum + readCount(detail.tokenCount), 0);
}

export function toWireUsage(usage: Usage): JsonObject {
  const prompt = totalInputTokens(usage);
  const output = totalOutputTokens(usage);
  const thoughts = Math.min(usage.reasoningTokens, usage.outputTokens);
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: output - thoughts,
    totalTokenCount: prompt + output,
    promptTokensDetails: details(prompt - usage.audioInputTokens, usage.audioInputTokens),
    ...(usage.cacheReadTokens === 0 ? {} : { cachedContentTokenCount: usage.cacheReadTokens }),
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
    ...(usage.audioOutputTokens === 0
      ? {}
      : { candidatesTokensDetails: details(output - thoughts - usage.audioOutputTokens, usage.audioOutputTokens) }),
  };
}

/** What is not audio is called text: no other dialect tells images apart. */
function details(text: number, audio: number): readonly JsonObject[] {
  return [{ modality: 'TEXT', tokenCount: text }, ...(audio === 0 ? [] : [{ modality: 'AUDIO', tokenCount: audio }])];
}
