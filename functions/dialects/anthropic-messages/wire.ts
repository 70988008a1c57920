/**
 * The wire of the Messages API. What clients send is held against schemas; what providers send is read minimally and
 * leniently, because a provider may leave out, null or add anything.
 * https://platform.claude.com/docs/en/api/messages · https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import * as z from 'zod/mini';
import { GatewayError } from '../../core/errors.ts';
import { listOf } from '../../core/first-fault.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { jsonObject, modelName, tokenCap, toolList } from '../../core/request-fields.ts';

/**
 * The older of the two versions there are: the newer one (2026-10-21) takes sampling parameters from all models, also
 * from those that still know them, and answers the same.
 * https://platform.claude.com/docs/en/api/versioning
 */
export const ANTHROPIC_VERSION = '2023-06-01';
export const MESSAGES_PATH = '/v1/messages';
export const COUNT_TOKENS_PATH = '/v1/messages/count_tokens';

const text = z.nullish(z.string());

// ---- What clients send. ----

const number = z.nullish(z.number());
const name = z.string().check(z.minLength(1));
/** 0 fills the prompt cache and asks for no answer. */
const cap = tokenCap(0);

export const contentSchema = z.union([z.string(), listOf(jsonObject)], 'must be a string or a list of blocks');

/** `messages`, `tools` and whatever has many shapes are read one by one, so that an error names the one place. */
const request = {
  model: modelName,
  messages: listOf(jsonObject).check(z.minLength(1)),
  system: z.nullish(contentSchema),
  stop_sequences: z.nullish(listOf(z.string())),
  temperature: number,
  top_p: number,
  top_k: z.nullish(z.int()),
  stream: z.nullish(z.boolean()),
  tools: z.nullish(toolList),
  tool_choice: z.nullish(jsonObject),
  thinking: z.nullish(jsonObject),
  output_config: z.nullish(jsonObject),
  /** Where `output_config.format` stood while it was a beta; SDKs of that time still send it. */
  output_format: z.nullish(jsonObject),
  service_tier: text,
  metadata: z.nullish(jsonObject),
  cache_control: z.nullish(jsonObject),
};
export const requestSchema = z.object({ ...request, max_tokens: cap });
export const countSchema = z.object({ ...request, max_tokens: z.nullish(cap) });
export type WireRequest = z.output<typeof countSchema>;

export const textBlockSchema = z.object({ text: z.string() });
export const sourceSchema = z.object({ source: jsonObject });
export const base64Schema = z.object({ media_type: name, data: name });
export const urlSchema = z.object({ url: z.string() });
export const plainTextSchema = z.object({ data: z.string() });
export const fileIdSchema = z.object({ file_id: name });
export const documentSchema = z.object({ title: text });
export const thinkingBlockSchema = z.object({ thinking: z.string(), signature: text });
export const redactedBlockSchema = z.object({ data: z.string() });
export const toolUseSchema = z.object({ id: name, name, input: jsonObject });
export const toolResultSchema = z.object({
  tool_use_id: name,
  content: z.nullish(contentSchema),
  is_error: z.nullish(z.boolean()),
});

export const toolSchema = z.object({
  name,
  description: text,
  input_schema: jsonObject,
  strict: z.nullish(z.boolean()),
});
export const toolChoiceSchema = z.object({ disable_parallel_tool_use: z.nullish(z.boolean()) });
export const namedToolSchema = z.object({ name });
export const thinkingSchema = z.object({ budget_tokens: tokenCap(1) });
export const displaySchema = z.object({ display: text });
export const outputConfigSchema = z.object({ effort: text, format: z.nullish(jsonObject) });
export const formatSchema = z.object({ schema: jsonObject });
export const metadataSchema = z.object({ user_id: text });

// ---- What providers send. ----

const count = z.nullish(z.number());

export const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z.nullish(z.object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })),
  output_tokens_details: z.nullish(z.object({ thinking_tokens: count })),
  service_tier: text,
  speed: text,
  inference_geo: text,
  server_tool_use: z.nullish(z.object({ web_search_requests: count })),
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
