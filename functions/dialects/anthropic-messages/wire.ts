/**
 * What is read of the Messages API: minimal and lenient, because a provider may leave out, null or add anything.
 * https://platform.claude.com/docs/en/api/messages · https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import * as z from 'zod/mini';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/**
 * The older of the two versions there are: the newer one (2026-10-21) takes sampling parameters from all models, also
 * from those that still know them, and answers the same.
 * https://platform.claude.com/docs/en/api/versioning
 */
export const ANTHROPIC_VERSION = '2023-06-01';
export const MESSAGES_PATH = '/v1/messages';

const text = z.nullish(z.string());
const count = z.nullish(z.number());

export const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z.nullish(z.object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })),
  output_tokens_details: z.nullish(z.object({ thinking_tokens: count })),
  iterations: z.nullish(
    z.array(
      z.object({
        type: text,
        input_tokens: count,
        output_tokens: count,
        cache_read_input_tokens: count,
        cache_creation_input_tokens: count,
        cache_creation: z.nullish(z.object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })),
      }),
    ),
  ),
});
export type WireUsage = z.output<typeof usageSchema>;

/** Blocks stay raw JSON: those that are not known have to survive whole. */
const block = z.custom<JsonObject>(isJsonObject);

const stop = {
  stop_reason: text,
  stop_sequence: text,
  stop_details: z.nullish(z.object({ explanation: text })),
};
export const stopSchema = z.object(stop);
export type WireStop = z.output<typeof stopSchema>;

const messageSchema = z.object({
  id: text,
  model: text,
  content: z.nullish(z.array(block)),
  usage: z.nullish(usageSchema),
  ...stop,
});

export const messageStartSchema = z.object({ message: messageSchema });
export const blockStartSchema = z.object({ index: z.nullish(z.number()), content_block: block });
export const blockDeltaSchema = z.object({ index: z.nullish(z.number()), delta: block });
export const blockStopSchema = z.object({ index: z.nullish(z.number()) });
export const messageDeltaSchema = z.object({ delta: z.nullish(stopSchema), usage: z.nullish(usageSchema) });

export const errorSchema = z.object({
  error: z.object({
    type: text,
    message: text,
    details: z.nullish(z.object({ error_code: text })),
  }),
});
export type WireError = z.output<typeof errorSchema>['error'];

/** Throws `upstream-malformed` where the provider's JSON lacks what its dialect cannot do without. */
export function readWire<S extends z.ZodMiniType>(schema: S, value: Json, what: string): z.output<S> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue === undefined ? '' : ` at ${issue.path.map(String).join('.') || 'the top'}: ${issue.message}`;
  throw new GatewayError('upstream-malformed', `The provider sent an unreadable ${what}${path}`, {
    cause: result.error,
  });
}

/** Undefined where the text is not JSON: what that means is the caller's to say. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** A string field of a raw block, `''` where it is missing. */
export function readString(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}
