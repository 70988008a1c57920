/** Fields that the requests of all dialects have, under whatever names. */
import * as z from 'zod/mini';
import { listOf } from './first-fault.ts';
import { isJsonObject, type JsonObject } from './json.ts';

export const jsonObject = z.custom<JsonObject>(isJsonObject, 'must be an object');

/**
 * Bedrock's ARNs are the longest names in use, with some 150 characters. The name goes into the row and into messages, and
 * with Google and Bedrock into the path: there, steps up would lead to another one, with the provider's key.
 */
export const modelName = z.string().check(
  z.minLength(1),
  z.maxLength(256),
  z.refine(
    (name) => !name.split('/').some((step) => step === '.' || step === '..'),
    'must not hold "." or ".." as a step',
  ),
);

/**
 * More than any model gives, by far. What such an answer costs at most, from the dearest model and 128 times over, is still
 * a whole number of nano-dollars that a double can hold.
 */
export const MAX_OUTPUT_TOKENS = 10_000_000;

/** A number of tokens that is asked for. */
export const tokenCap = (least: number) => z.int().check(z.gte(least), z.lte(MAX_OUTPUT_TOKENS));

/** OpenAI takes 128 tools, Google 512 functions. */
export const toolList = listOf(jsonObject, 10_000);
