import type { ChatRequest, Message, ReasoningSettings } from '../../core/chat.ts';
import { isEffort } from '../../core/effort.ts';
import type { JsonObject } from '../../core/json.ts';
import { invalidRequest, parseRequest } from '../../core/parse.ts';
import { present } from '../../core/present.ts';
import { decodeExtensions } from './decode-extensions.ts';
import { decodeInput } from './decode-input.ts';
import { decodeTextFormat, decodeToolChoice, decodeTools } from './decode-tools.ts';
import { DIALECT, requestSchema, SERVER_STATE_FIELDS, type WireRequest } from './wire.ts';

const SUMMARIES = ['auto', 'concise', 'detailed'] as const;

export function decodeRequest(body: JsonObject): ChatRequest {
  const wire = parseRequest(requestSchema, body);
  const stateFields = SERVER_STATE_FIELDS.filter((field) => Boolean(wire[field]));
  const items = typeof wire.input === 'string' ? [{ role: 'user', content: wire.input }] : (wire.input ?? []);
  if (items.length === 0 && stateFields.length === 0) {
    throw invalidRequest(['input'], wire.input ? 'must not be empty' : 'is missing');
  }
  const { messages, references } = decodeInput(items, stateFields.length > 0);
  const nativeOnly = [...stateFields, ...references];
  const tools = decodeTools(wire.tools ?? []);
  const toolChoice = wire.tool_choice ? decodeToolChoice(wire.tool_choice, tools) : undefined;
  const reasoning = decodeReasoningSettings(wire.reasoning ?? {});
  const wantsLogprobs = wire.include?.includes('message.output_text.logprobs') || (wire.top_logprobs ?? 0) > 0;
  return {
    model: wire.model,
    stream: wire.stream ?? false,
    // In this dialect usage is part of every answer.
    includeUsage: true,
    messages: [...decodeInstructions(wire.instructions), ...messages],
    tools,
    candidates: 1,
    stop: [],
    ...present({
      toolChoice,
      parallelToolCalls: wire.parallel_tool_calls,
      maxOutputTokens: wire.max_output_tokens,
      temperature: wire.temperature,
      topP: wire.top_p,
      logprobs: wantsLogprobs ? true : undefined,
      topLogprobs: wire.top_logprobs,
      responseFormat: wire.text?.format ? decodeTextFormat(wire.text.format) : undefined,
      reasoning,
      endUser: wire.safety_identifier ?? wire.user,
      serviceTier: wire.service_tier,
      promptCacheKey: wire.prompt_cache_key,
      metadata: wire.metadata,
      nativeOnly: nativeOnly.length === 0 ? undefined : nativeOnly,
    }),
    extensions: decodeExtensions(body, wire, tools, Boolean(wire.tool_choice) && toolChoice === undefined),
  };
}

/** Marked, so that the answer can repeat them where it wants them. */
function decodeInstructions(instructions: string | null | undefined): readonly Message[] {
  if (!instructions) return [];
  const extensions = { [DIALECT]: { instructions: true } };
  return [{ role: 'system', content: [{ type: 'text', text: instructions, extensions }] }];
}

function decodeReasoningSettings(wire: NonNullable<WireRequest['reasoning']>): ReasoningSettings | undefined {
  const asked = wire.summary ?? wire.generate_summary;
  const summary = SUMMARIES.find((known) => known === asked);
  const settings = {
    ...(isEffort(wire.effort) ? { effort: wire.effort } : {}),
    ...(summary === undefined ? {} : { summary }),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}
