import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import { listOf, textOf } from '../fields.ts';
import type { ResponseState } from './state.ts';

/** Items as they were sent: text is short for one message, and a message need not say that it is one. */
export function sentItems(input: Json | undefined): readonly Json[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
  return listOf(input).map((item) =>
    isJsonObject(item) && item.type === undefined && item.role !== undefined ? { type: 'message', ...item } : item,
  );
}

/** All items that the model sees: earlier ones first, references looked up. */
export function allItems(body: JsonObject, state: ResponseState): readonly JsonObject[] {
  const before = state.conversation(textOf(body.previous_response_id)) ?? [];
  const sent = sentItems(body.input)
    .filter(isJsonObject)
    .map((item) => (item.type === 'item_reference' ? (state.item(textOf(item.id)) ?? item) : item));
  return [...before, ...sent];
}

export function isCall(item: JsonObject): boolean {
  return item.type === 'function_call' || item.type === 'custom_tool_call';
}

export function isCallOutput(item: JsonObject): boolean {
  return item.type === 'function_call_output' || item.type === 'custom_tool_call_output';
}
