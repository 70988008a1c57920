import type { Json, JsonObject } from '../../../functions/core/json.ts';
import { contentText, listOf, numberOf, objectOf, objectsOf, seedOf, textOf } from '../fields.ts';
import type { PromptPiece } from '../prompt-cache.ts';
import type { Reading } from '../provider.ts';
import type { OfferedTool, Question } from '../question.ts';
import { countTokens } from '../tokens.ts';
import { thoughtTokens } from './thoughts.ts';

/** Every message costs these beside its text, and the answer's beginning costs them once more. */
export const MESSAGE_TOKENS = 3;
export const IMAGE_TOKENS = { low: 85, other: 765 } as const;

export function read(body: JsonObject, model: string): Reading {
  return { question: readQuestion(body, model), prompt: readPrompt(body), candidates: numberOf(body.n) ?? 1 };
}

function readQuestion(body: JsonObject, model: string): Question {
  const messages = objectsOf(body.messages);
  const lastUser = messages.findLast((message) => message.role === 'user');
  const results = messages.slice(messages.findLastIndex((message) => message.role !== 'tool') + 1);
  const stop = body.stop;
  const count = (type: string): number => objectsOf(lastUser?.content).filter((part) => part.type === type).length;
  return {
    seed: seedOf(body, model),
    model,
    userText: contentText(lastUser?.content),
    imageCount: count('image_url'),
    fileCount: count('file'),
    audioCount: count('input_audio'),
    toolResults: results.map((message) => contentText(message.content)),
    tools: objectsOf(body.tools).map(readTool),
    toolChoice: readToolChoice(body.tool_choice),
    parallel: body.parallel_tool_calls !== false,
    preface: false,
    schema: readSchema(objectOf(body.response_format)),
    stop: typeof stop === 'string' ? [stop] : listOf(stop).filter((item) => typeof item === 'string'),
    maxTokens: numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens),
    reasoningTokens: thoughtTokens(body, model),
    answerTokens: undefined,
    filterAfterTokens: undefined,
  };
}

function readTool(tool: JsonObject): OfferedTool {
  const kind = tool.type === 'custom' ? 'custom' : 'function';
  const detail = objectOf(tool[kind]);
  return { name: textOf(detail.name), kind, schema: objectOf(detail.parameters) };
}

function readToolChoice(choice: Json | undefined): Question['toolChoice'] {
  if (choice === 'none' || choice === 'required') return { mode: choice };
  const named = objectOf(choice);
  const name = textOf(objectOf(named.function ?? named.custom).name);
  return name === '' ? { mode: 'auto' } : { mode: 'tool', name };
}

function readSchema(format: JsonObject): Question['schema'] {
  if (format.type === 'json_object') return 'any';
  return format.type === 'json_schema' ? objectOf(objectOf(format.json_schema).schema) : undefined;
}

/** Tools and the form of the answer stand in front of the messages, as in OpenAI's own prompt caching. */
function readPrompt(body: JsonObject): readonly PromptPiece[] {
  const pieces: PromptPiece[] = [];
  for (const value of [body.tools, body.response_format]) {
    if (value === undefined || value === null) continue;
    const text = JSON.stringify(value);
    pieces.push({ text, tokens: countTokens(text) });
  }
  for (const message of objectsOf(body.messages)) pieces.push(readMessage(message));
  return [...pieces, { text: '', tokens: MESSAGE_TOKENS }];
}

function readMessage(message: JsonObject): PromptPiece {
  const parts = objectsOf(message.content);
  const calls = message.tool_calls === undefined ? '' : JSON.stringify(message.tool_calls);
  const spoken = contentText(message.content) + textOf(message.refusal) + calls;
  const media = parts.filter((part) => part.type !== 'text' && part.type !== 'refusal');
  const text = `${textOf(message.role)}: ${spoken}${media.length === 0 ? '' : JSON.stringify(media)}`;
  const tokens = media.reduce((sum, part) => sum + mediaTokens(part), countTokens(spoken));
  return { text, tokens: tokens + MESSAGE_TOKENS };
}

function mediaTokens(part: JsonObject): number {
  return objectOf(part.image_url).detail === 'low' ? IMAGE_TOKENS.low : IMAGE_TOKENS.other;
}
