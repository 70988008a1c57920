/** Embeddings by `InvokeModel`: a body for each family. */
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../../functions/core/json.ts';
import { embedText } from '../embedding.ts';
import { listOf, numberOf, objectOf, textOf } from '../fields.ts';
import type { Asked, Calculation, Problem } from '../provider.ts';
import { countTokens } from '../tokens.ts';

const EXTRANEOUS = 'Malformed input request: extraneous key';

export function findEmbedProblem(body: JsonObject, _headers: IncomingHttpHeaders, asked: Asked): Problem | undefined {
  const message = /cohere\.embed/.test(asked.model)
    ? checkCohere(body)
    : /amazon\.nova/.test(asked.model)
      ? checkNova(body)
      : checkTitan(body, asked.model);
  return message === undefined ? undefined : { message };
}

function checkCohere(body: JsonObject): string | undefined {
  const texts = listOf(body.texts);
  if (texts.length === 0 || texts.length > 96) return 'Malformed input request: #/texts: expected 1 to 96 items';
  return typeof body.input_type === 'string'
    ? undefined
    : 'Malformed input request: #: required key [input_type] not found';
}

function checkNova(body: JsonObject): string | undefined {
  if (body.taskType !== 'SINGLE_EMBEDDING') return 'Invalid taskType.';
  const { embeddingPurpose, text } = objectOf(body.singleEmbeddingParams);
  const complete = embeddingPurpose !== undefined && typeof objectOf(text).truncationMode === 'string';
  return complete ? undefined : 'Invalid singleEmbeddingParams.';
}

function checkTitan(body: JsonObject, model: string): string | undefined {
  if (!model.includes('titan-embed')) return `The model ${model} is not simulated for InvokeModel.`;
  if (textOf(body.inputText) === '') return 'Malformed input request: #: required key [inputText] not found';
  const known = model.includes('-v2') ? ['inputText', 'dimensions', 'normalize', 'embeddingTypes'] : ['inputText'];
  const extra = Object.keys(body).find((name) => !known.includes(name));
  return extra === undefined
    ? undefined
    : `${EXTRANEOUS} [${extra}] is not permitted, please reformat your input and try again.`;
}

export function embed(body: JsonObject, model: string): Calculation {
  if (/cohere\.embed/.test(model)) {
    const texts = listOf(body.texts).map(textOf);
    const dimensions = numberOf(body.output_dimension) ?? (model.includes('-v4') ? 1_536 : 1_024);
    const vectors = texts.map((text) => embedText(model, text, dimensions));
    return {
      body: { id: 'simulated', texts, response_type: 'embeddings_by_type', embeddings: { float: vectors } },
      inputTokens: texts.reduce((sum, text) => sum + countTokens(text), 0),
    };
  }
  if (/amazon\.nova/.test(model)) {
    const { text, embeddingDimension } = objectOf(body.singleEmbeddingParams);
    const value = textOf(objectOf(text).value);
    const embedding = embedText(model, value, numberOf(embeddingDimension) ?? 3_072);
    return { body: { embeddings: [{ embeddingType: 'TEXT', embedding }] }, inputTokens: countTokens(value) };
  }
  const text = textOf(body.inputText);
  const embedding = embedText(model, text, numberOf(body.dimensions) ?? (model.includes('-v2') ? 1_024 : 1_536));
  const tokens = countTokens(text);
  return { body: { embedding, inputTextTokenCount: tokens }, inputTokens: tokens };
}
