import type { Extensions, Tool } from '../../core/chat.ts';
import { isEffort } from '../../core/effort.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { readObject } from '../../core/read.ts';
import { unknownFields } from '../../core/unknown-fields.ts';
import { DIALECT, requestSchema, SERVER_STATE_FIELDS, type WireRequest } from './wire.ts';

/**
 * Wishes that are granted without a word: encrypted reasoning is in every answer, and the results of built-in tools can
 * be told only where there are such tools, which are declared themselves.
 */
const SILENT_INCLUDES = new Set([
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
  'file_search_call.results',
  'web_search_call.action.sources',
  'code_interpreter_call.outputs',
  'computer_call_output.output.image_url',
  'message.input_image.image_url',
]);

/** What is this dialect's alone, by the path of the field. A value that asks for the default asks for nothing. */
export function decodeExtensions(
  body: JsonObject,
  wire: WireRequest,
  tools: readonly Tool[],
  foreignChoice: boolean,
): Extensions {
  const includes = (wire.include ?? []).filter((value) => !SILENT_INCLUDES.has(value));
  const streamOptions = Object.keys(wire.stream_options ?? {}).filter(
    (option) => option !== 'include_obfuscation' && option !== 'include_usage',
  );
  const reasoning = readObject(body.reasoning);
  const summary = wire.reasoning?.summary ?? wire.reasoning?.generate_summary;
  const candidates: readonly (readonly [path: string, value: Json | undefined, matters: boolean])[] = [
    ...Object.entries(unknownFields(body, (field) => Object.hasOwn(requestSchema.shape, field), [])).map(
      ([field, value]) => [field, value, true] as const,
    ),
    ...SERVER_STATE_FIELDS.map((field) => [field, body[field], Boolean(body[field])] as const),
    ['tool_choice', body.tool_choice, foreignChoice],
    ['max_tool_calls', body.max_tool_calls, tools.some((tool) => tool.kind === 'provider')],
    ['truncation', body.truncation, body.truncation !== 'disabled'],
    ['include', includes, includes.length > 0],
    ['stream_options', body.stream_options, streamOptions.length > 0],
    ['text.verbosity', wire.text?.verbosity, wire.text?.verbosity !== 'medium'],
    ['reasoning.effort', reasoning.effort, !isEffort(reasoning.effort)],
    ['reasoning.summary', summary, !['auto', 'concise', 'detailed'].includes(summary ?? 'auto')],
    ['reasoning.context', reasoning.context, reasoning.context !== 'auto'],
    ['reasoning.mode', reasoning.mode, reasoning.mode !== 'standard'],
  ];
  const entries = candidates.filter(([, value, matters]) => matters && value !== undefined && value !== null);
  if (entries.length === 0) return {};
  return { [DIALECT]: Object.fromEntries(entries.map(([path, value]) => [path, value])) };
}
