/**
 * Thoughts in Chat Completions: OpenAI's own models hide theirs, other providers that speak the same format show them,
 * each in a field of its own.
 */
import type { JsonObject } from '../../../functions/core/json.ts';
import { objectOf, objectsOf, textOf } from '../fields.ts';
import { EFFORT } from './effort.ts';

/** What a model thinks that is left to itself. */
const DEFAULT_TOKENS = 64;

/** The field that shows the model's thoughts; none where they stay hidden. */
export function thoughtField(model: string): 'reasoning_content' | 'reasoning' | undefined {
  if (/^deepseek/.test(model)) return 'reasoning_content';
  return /^(openai\/)?gpt-oss|^qwen/.test(model) ? 'reasoning' : undefined;
}

export function thoughtTokens(body: JsonObject, model: string): number {
  const asked = EFFORT[textOf(body.reasoning_effort)];
  if (/^deepseek/.test(model)) return isDeepSeekThinking(body, model) ? (asked ?? DEFAULT_TOKENS) : 0;
  return asked ?? (thoughtField(model) === undefined ? 0 : DEFAULT_TOKENS);
}

/** https://api-docs.deepseek.com/guides/thinking_mode: thoughts about tools come back while the turn lasts. */
export function lacksThoughts(body: JsonObject, model: string): boolean {
  if (!isDeepSeekThinking(body, model)) return false;
  const messages = objectsOf(body.messages);
  const turn = messages.slice(messages.findLastIndex((message) => message.role === 'user') + 1);
  return turn.some((message) => message.tool_calls !== undefined && typeof message.reasoning_content !== 'string');
}

function isDeepSeekThinking(body: JsonObject, model: string): boolean {
  if (!/^deepseek/.test(model)) return false;
  const { type } = objectOf(body.thinking);
  return type === undefined ? !/chat/.test(model) : type === 'enabled';
}
