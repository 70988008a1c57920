/** https://ai.google.dev/api/embeddings */
import type { JsonObject } from '../../../functions/core/json.ts';
import { embedText } from '../embedding.ts';
import { contentText, numberOf, objectOf, objectsOf } from '../fields.ts';
import type { Calculation } from '../provider.ts';
import { countTokens } from '../tokens.ts';
import { camelCase } from './camel-case.ts';

const DIMENSIONS = 3_072;

export function embed(original: JsonObject, model: string): Calculation {
  const request = camelCase(original);
  return { body: { embedding: embedding(request, model) }, inputTokens: countTokens(textOfRequest(request)) };
}

export function embedAll(original: JsonObject, model: string): Calculation {
  const requests = objectsOf(camelCase(original).requests);
  return {
    body: { embeddings: requests.map((request) => embedding(request, model)) },
    inputTokens: requests.reduce((sum, request) => sum + countTokens(textOfRequest(request)), 0),
  };
}

function embedding(request: JsonObject, model: string): JsonObject {
  return { values: embedText(model, textOfRequest(request), numberOf(request.outputDimensionality) ?? DIMENSIONS) };
}

function textOfRequest(request: JsonObject): string {
  return contentText(objectOf(request.content).parts);
}
