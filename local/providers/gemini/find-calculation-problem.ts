import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../../functions/core/json.ts';
import { contentText, numberOf, objectOf, objectsOf, textOf } from '../fields.ts';
import type { Asked, Problem } from '../provider.ts';
import { camelCase } from './camel-case.ts';
import { findProblem } from './find-problem.ts';
import { findUnknownName } from './find-unknown-name.ts';

const COUNT_NAMES = ['model', 'contents', 'generateContentRequest'];
const EMBED_NAMES = ['model', 'content', 'taskType', 'title', 'outputDimensionality', 'embedContentConfig'];
const MAX_DIMENSIONS = 3_072;

export function findCountProblem(
  original: JsonObject,
  headers: IncomingHttpHeaders,
  asked: Asked,
): Problem | undefined {
  const body = camelCase(original);
  const unknown = findUnknownName(body, COUNT_NAMES, '');
  if (unknown !== undefined) return unknown;
  if (body.generateContentRequest === undefined) return findProblem({ contents: body.contents }, headers, asked);
  if (body.contents !== undefined) {
    return { message: 'Only one of contents and generate_content_request can be set.' };
  }
  const { model, ...request } = objectOf(body.generateContentRequest);
  // The request inside names its model, as resources are named.
  if (!/^models\/./.test(textOf(model))) {
    return { message: `* CountTokensRequest.generate_content_request.model: unexpected model name format` };
  }
  return findProblem(request, headers, asked);
}

export function findEmbedProblem(original: JsonObject): Problem | undefined {
  return findRequestProblem(camelCase(original), '', 'EmbedContentRequest');
}

export function findBatchProblem(
  original: JsonObject,
  _headers: IncomingHttpHeaders,
  asked: Asked,
): Problem | undefined {
  const body = camelCase(original);
  const requests = objectsOf(body.requests);
  const unknown = findUnknownName(body, ['model', 'requests'], '');
  if (unknown !== undefined) return unknown;
  if (requests.length === 0) return { message: '* BatchEmbedContentsRequest.requests: requests must not be empty' };
  if (requests.length > 100) {
    return { message: '* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch' };
  }
  for (const [index, request] of requests.entries()) {
    const name = `BatchEmbedContentsRequest.requests[${index}]`;
    if (request.model !== `models/${asked.model}`) {
      return { message: `* ${name}.model: model must match the model of the batch: models/${asked.model}` };
    }
    const problem = findRequestProblem(request, `requests[${index}]`, name);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function findRequestProblem(request: JsonObject, path: string, name: string): Problem | undefined {
  const unknown = findUnknownName(request, EMBED_NAMES, path);
  if (unknown !== undefined) return unknown;
  if (contentText(objectOf(request.content).parts) === '') {
    return { message: `* ${name}.content: contents is required` };
  }
  const dimensions = request.outputDimensionality;
  if (dimensions === undefined) return undefined;
  const wanted = numberOf(dimensions) ?? 0;
  return Number.isInteger(wanted) && wanted >= 1 && wanted <= MAX_DIMENSIONS
    ? undefined
    : { message: `* ${name}.output_dimensionality: must be between 1 and ${MAX_DIMENSIONS}` };
}
