/** The Chat Completions wire: https://platform.openai.com/docs/api-reference/chat */
import * as z from 'zod/mini';
import { listOf, recordOf } from '../../core/first-fault.ts';
import type { JsonObject } from '../../core/json.ts';
import { readList, readObject, readText } from '../../core/read.ts';
import { jsonObject, modelName, tokenCap, toolList } from '../../core/request-fields.ts';

export const CHAT_COMPLETIONS_PATH = '/chat/completions';
export const EMBEDDINGS_PATH = '/embeddings';

/** The word for "over" in the data of the last frame. */
export const DONE = '[DONE]';

// ---- What clients send. ----

const text = z.nullish(z.string());
const number = z.nullish(z.number());
const integer = z.nullish(z.int());
const cap = z.nullish(tokenCap(1));
const flag = z.nullish(z.boolean());

const stop = z.union([z.string(), listOf(z.string())], 'must be a string or a list of strings');

/** `messages`, `tools` and whatever has many shapes are read one by one, so that an error names the one place. */
export const requestSchema = z.object({
  model: modelName,
  messages: listOf(jsonObject).check(z.minLength(1)),
  stream: flag,
  stream_options: z.nullish(z.object({ include_usage: flag })),
  tools: z.nullish(toolList),
  tool_choice: z.nullish(z.union([z.string(), jsonObject], 'must be a string or an object')),
  parallel_tool_calls: flag,
  max_tokens: cap,
  max_completion_tokens: cap,
  temperature: number,
  top_p: number,
  top_k: integer,
  stop: z.nullish(stop),
  seed: integer,
  presence_penalty: number,
  frequency_penalty: number,
  n: z.nullish(z.int().check(z.gte(1), z.lte(128))),
  logprobs: flag,
  top_logprobs: integer,
  logit_bias: z.nullish(recordOf(z.number())),
  response_format: z.nullish(jsonObject),
  reasoning_effort: text,
  user: text,
  service_tier: text,
  prompt_cache_key: text,
  metadata: z.nullish(recordOf(z.string())),
});

export const functionToolSchema = z.object({
  function: z.object({
    name: z.string().check(z.minLength(1)),
    description: text,
    parameters: z.nullish(jsonObject),
    strict: flag,
  }),
});
export const customToolSchema = z.object({
  custom: z.object({ name: z.string().check(z.minLength(1)), description: text, format: z.nullish(jsonObject) }),
});
export const namedFunctionSchema = z.object({ function: z.object({ name: z.string().check(z.minLength(1)) }) });
export const namedCustomSchema = z.object({ custom: z.object({ name: z.string().check(z.minLength(1)) }) });

export const jsonSchemaFormatSchema = z.object({
  json_schema: z.object({ name: z.string(), description: text, schema: z.nullish(jsonObject), strict: flag }),
});

export const contentSchema = z.union([z.string(), listOf(jsonObject)], 'must be a string or a list of parts');
export const assistantSchema = z.object({
  content: z.nullish(contentSchema),
  name: text,
  refusal: text,
  tool_calls: z.nullish(listOf(jsonObject)),
  audio: z.nullish(z.object({ id: z.string() })),
});
export const functionCallSchema = z.object({
  id: z.string().check(z.minLength(1)),
  function: z.object({ name: z.string().check(z.minLength(1)), arguments: z.nullish(z.string()) }),
});
export const customCallSchema = z.object({
  id: z.string().check(z.minLength(1)),
  custom: z.object({ name: z.string().check(z.minLength(1)), input: z.string() }),
});

export const textPartSchema = z.object({ text: z.string() });
export const refusalPartSchema = z.object({ refusal: z.string() });
export const imagePartSchema = z.object({ image_url: z.object({ url: z.string(), detail: text }) });
export const audioPartSchema = z.object({ input_audio: z.object({ data: z.string(), format: z.string() }) });
export const filePartSchema = z.object({ file: z.object({ file_id: text, file_data: text, filename: text }) });

// ---- What providers send. ----

/** Mistral's `{type: thinking, thinking: [{type: text, text}]}`, or with the text itself. */
export function readThinking(part: JsonObject): string {
  if (typeof part.thinking === 'string') return part.thinking;
  return readList(part.thinking)
    .map((chunk) => readText(readObject(chunk).text))
    .join('');
}
