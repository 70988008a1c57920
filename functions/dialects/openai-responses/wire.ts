/**
 * The Responses wire: https://platform.openai.com/docs/api-reference/responses and …/responses-streaming, and the types
 * of OpenAI's own SDK (openai 7.57, resources/responses).
 */
import * as z from 'zod/mini';
import { listOf, recordOf } from '../../core/first-fault.ts';
import { jsonObject, modelName, tokenCap, toolList } from '../../core/request-fields.ts';

export const DIALECT = 'openai-responses';
export const RESPONSES_PATH = '/responses';

/** What speaks of things on the provider's own servers: no other provider can know them. */
export const SERVER_STATE_FIELDS = ['previous_response_id', 'conversation', 'prompt', 'background'] as const;

/** Ids of items that the gateway made: it knows them again, and no provider has ever heard of them. */
export const OWN_ITEM_ID = /^(?:msg|rs|fc|ctc)_tg_/;

const text = z.nullish(z.string());
const name = z.string().check(z.minLength(1));
const number = z.nullish(z.number());
const flag = z.nullish(z.boolean());

/** `input`, `tools` and whatever has many shapes are read one by one, so that an error names the one place. */
export const requestSchema = z.object({
  model: modelName,
  input: z.nullish(z.union([z.string(), listOf(jsonObject)], 'must be a string or a list of items')),
  instructions: text,
  stream: flag,
  stream_options: z.nullish(jsonObject),
  store: flag,
  include: z.nullish(listOf(z.string())),
  tools: z.nullish(toolList),
  tool_choice: z.nullish(z.union([z.string(), jsonObject], 'must be a string or an object')),
  parallel_tool_calls: flag,
  max_tool_calls: z.nullish(z.int()),
  max_output_tokens: z.nullish(tokenCap(1)),
  temperature: number,
  top_p: number,
  top_logprobs: z.nullish(z.int().check(z.gte(0), z.lte(20))),
  text: z.nullish(z.object({ format: z.nullish(jsonObject), verbosity: text })),
  reasoning: z.nullish(z.object({ effort: text, summary: text, generate_summary: text })),
  truncation: text,
  metadata: z.nullish(recordOf(z.string())),
  user: text,
  safety_identifier: text,
  service_tier: text,
  prompt_cache_key: text,
  background: flag,
  previous_response_id: text,
  conversation: z.nullish(z.union([z.string(), jsonObject], 'must be a string or an object')),
  prompt: z.nullish(jsonObject),
});
export type WireRequest = z.output<typeof requestSchema>;

export const functionToolSchema = z.object({
  name,
  description: text,
  parameters: z.nullish(jsonObject),
  strict: flag,
});
export const customToolSchema = z.object({ name, description: text, format: z.nullish(jsonObject) });
export const namedSchema = z.object({ name });
export const jsonSchemaFormatSchema = z.object({ name, description: text, schema: jsonObject, strict: flag });

export const contentSchema = z.union([z.string(), listOf(jsonObject)], 'must be a string or a list of parts');
export const messageSchema = z.object({ content: contentSchema });
export const functionCallSchema = z.object({ call_id: name, name, arguments: z.string() });
export const customCallSchema = z.object({ call_id: name, name, input: z.string() });
export const callOutputSchema = z.object({ call_id: name, output: contentSchema });
const passages = z.nullish(listOf(z.object({ text: z.string() })));
export const reasoningSchema = z.object({
  id: text,
  summary: passages,
  content: passages,
  encrypted_content: text,
});

export const textPartSchema = z.object({ text: z.string() });
export const refusalPartSchema = z.object({ refusal: z.string() });
export const imagePartSchema = z.object({ image_url: text, file_id: text, detail: text });
export const filePartSchema = z.object({ file_data: text, file_id: text, file_url: text, filename: text });
export const audioPartSchema = z.object({ input_audio: z.object({ data: z.string(), format: z.string() }) });
export const breakpointSchema = z.object({ ttl: text });
