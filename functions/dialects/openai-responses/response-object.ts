/** The `response` object around the output: what was asked for, repeated, as OpenAI's clients expect it. */
import type { ChatRequest, ResponseFormat, Tool } from '../../core/chat.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { flattenFormat } from './custom-format.ts';
import { DIALECT } from './wire.ts';

export interface Head {
  readonly id: string;
  readonly createdAt: number;
  readonly model: string;
}

/** Everything but the output and how it ended. Built once an answer: tools and schemas are large. */
export function settingsOf(request: ChatRequest | undefined): JsonObject {
  const format = request?.responseFormat;
  return {
    background: false,
    error: null,
    incomplete_details: null,
    instructions: instructionsOf(request),
    max_output_tokens: request?.maxOutputTokens ?? null,
    max_tool_calls: null,
    parallel_tool_calls: request?.parallelToolCalls ?? true,
    previous_response_id: null,
    prompt_cache_key: request?.promptCacheKey ?? null,
    reasoning: { effort: request?.reasoning?.effort ?? null, summary: request?.reasoning?.summary ?? null },
    safety_identifier: request?.endUser ?? null,
    service_tier: request?.serviceTier ?? 'auto',
    // Whatever was asked: nothing is stored here, and the next turn has to bring its items along.
    store: false,
    temperature: request?.temperature ?? 1,
    text: { format: format === undefined ? { type: 'text' } : toWireFormat(format) },
    tool_choice: toolChoiceOf(request),
    tools: (request?.tools ?? []).map(toWireTool),
    top_logprobs: request?.topLogprobs ?? 0,
    top_p: request?.topP ?? 1,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: request?.metadata ?? {},
  };
}

export function responseObject(head: Head, settings: JsonObject, fields: JsonObject): JsonObject {
  return {
    id: head.id,
    object: 'response',
    created_at: head.createdAt,
    model: head.model,
    ...settings,
    ...fields,
  };
}

function instructionsOf(request: ChatRequest | undefined): string | null {
  const [first] = request?.messages ?? [];
  const [text] = first?.role === 'system' ? first.content : [];
  return text?.extensions?.[DIALECT]?.instructions === true ? text.text : null;
}

export function toWireTool(tool: Tool): JsonObject {
  switch (tool.kind) {
    case 'function':
      return {
        type: 'function',
        name: tool.name,
        ...(tool.description === undefined ? {} : { description: tool.description }),
        parameters: tool.parameters,
        strict: tool.strict ?? false,
      };
    case 'custom':
      return {
        type: 'custom',
        name: tool.name,
        ...(tool.description === undefined ? {} : { description: tool.description }),
        ...(tool.format === undefined ? {} : { format: flattenFormat(tool.format) }),
      };
    case 'provider':
      return tool.data;
  }
}

export function toWireFormat(format: ResponseFormat): JsonObject {
  switch (format.type) {
    case 'text':
      return { type: 'text' };
    case 'json':
      return { type: 'json_object' };
    case 'json-schema':
      return {
        type: 'json_schema',
        name: format.name,
        ...(format.description === undefined ? {} : { description: format.description }),
        schema: format.schema,
        ...(format.strict === undefined ? {} : { strict: format.strict }),
      };
  }
}

function toolChoiceOf(request: ChatRequest | undefined): Json {
  const choice = request?.toolChoice;
  if (choice?.type !== 'tool') return choice?.type ?? 'auto';
  return toWireChoice(choice.name, request?.tools ?? []);
}

export function toWireChoice(name: string, tools: readonly Tool[]): JsonObject {
  const custom = tools.some((tool) => tool.kind === 'custom' && tool.name === name);
  return { type: custom ? 'custom' : 'function', name };
}
