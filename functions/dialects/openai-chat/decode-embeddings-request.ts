/** https://platform.openai.com/docs/api-reference/embeddings/create */
import * as z from 'zod/mini';
import type { EmbeddingsInput, EmbeddingsRequest } from '../../core/embeddings.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { invalidRequest, parseRequest } from '../../core/parse.ts';
import { present } from '../../core/present.ts';
import { modelName } from '../../core/request-fields.ts';
import { unknownFields } from '../../core/unknown-fields.ts';

/** OpenAI's own limit. For providers that take less at once, it also bounds how many requests one becomes. */
const MAX_INPUTS = 2_048;

const requestSchema = z.object({
  model: modelName,
  encoding_format: z.nullish(z.enum(['float', 'base64'])),
  dimensions: z.nullish(z.int().check(z.gte(1))),
  user: z.nullish(z.string()),
});

export function decodeEmbeddingsRequest(body: JsonObject): EmbeddingsRequest {
  const wire = parseRequest(requestSchema, body);
  const { input } = body;
  const single = typeof input === 'string' || isTokens(input);
  const isKnown = (field: string): boolean => field === 'input' || Object.hasOwn(requestSchema.shape, field);
  const unknown = unknownFields(body, isKnown, []);
  return {
    model: wire.model,
    input: single ? [decodeInput(input, ['input'])] : decodeList(input),
    single,
    format: wire.encoding_format ?? 'float',
    ...present({ dimensions: wire.dimensions, endUser: wire.user }),
    extensions: Object.keys(unknown).length === 0 ? {} : { 'openai-chat': unknown },
  };
}

function decodeList(input: Json | undefined): readonly EmbeddingsInput[] {
  if (input === undefined) throw invalidRequest(['input'], 'is missing');
  if (!Array.isArray(input)) throw invalidRequest(['input'], 'must be a string, a list of strings, or tokens');
  if (input.length === 0) throw invalidRequest(['input'], 'must not be empty');
  if (input.length > MAX_INPUTS) throw invalidRequest(['input'], `must not be longer than ${MAX_INPUTS}`);
  return input.map((item: Json, index) => decodeInput(item, ['input', index]));
}

function decodeInput(input: Json | undefined, at: readonly PropertyKey[]): EmbeddingsInput {
  if (typeof input !== 'string' && !Array.isArray(input))
    throw invalidRequest(at, 'must be a string or a list of tokens');
  if (input.length === 0) throw invalidRequest(at, 'must not be empty');
  if (typeof input === 'string') return input;
  return input.map((token: Json, index) => {
    if (isToken(token)) return token;
    throw invalidRequest([...at, index], 'must be a token: a whole number from 0');
  });
}

const isTokens = (input: Json | undefined): boolean => Array.isArray(input) && typeof input[0] === 'number';
const isToken = (token: Json): token is number => typeof token === 'number' && Number.isInteger(token) && token >= 0;
