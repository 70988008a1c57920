import type { Json, JsonObject } from '../../../functions/core/json.ts';
import { contentText, listOf, numberOf, objectOf, objectsOf, seedOf, textOf } from '../fields.ts';
import { EFFORT } from '../openai/effort.ts';
import { IMAGE_TOKENS, MESSAGE_TOKENS } from '../openai/read.ts';
import type { PromptPiece } from '../prompt-cache.ts';
import type { Reading } from '../provider.ts';
import type { OfferedTool, Question } from '../question.ts';
import { countTokens } from '../tokens.ts';
import { allItems, isCallOutput } from './input.ts';
import type { ResponseState } from './state.ts';

const ASKED = ['instructions', 'tools', 'text'];

export function read(body: JsonObject, model: string, state: ResponseState): Reading {
  const items = allItems(body, state);
  return { question: readQuestion(body, model, items), prompt: readPrompt(body, items), candidates: 1 };
}

function readQuestion(body: JsonObject, model: string, items: readonly JsonObject[]): Question {
  const last = items.findLast((item) => item.role === 'user');
  const outputs = items.slice(items.findLastIndex((item) => !isCallOutput(item)) + 1);
  const parts = [...objectsOf(last?.content), ...outputs.flatMap((item) => objectsOf(item.output))];
  const count = (type: string): number => parts.filter((part) => part.type === type).length;
  return {
    seed: seedOf({ ...body, input: items }, model, [...ASKED, 'input']),
    model,
    userText: contentText(last?.content),
    imageCount: count('input_image'),
    fileCount: count('input_file'),
    audioCount: count('input_audio'),
    toolResults: outputs.map((item) => contentText(item.output)),
    tools: objectsOf(body.tools).filter(isOwn).map(readTool),
    toolChoice: readToolChoice(body.tool_choice),
    parallel: body.parallel_tool_calls !== false,
    preface: false,
    schema: readSchema(objectOf(objectOf(body.text).format)),
    stop: [],
    maxTokens: numberOf(body.max_output_tokens),
    reasoningTokens: EFFORT[textOf(objectOf(body.reasoning).effort)] ?? 0,
    answerTokens: undefined,
    filterAfterTokens: undefined,
  };
}

/** Tools that OpenAI runs itself are left alone. */
function isOwn(tool: JsonObject): boolean {
  return tool.type === 'function' || tool.type === 'custom';
}

function readTool(tool: JsonObject): OfferedTool {
  const kind = tool.type === 'custom' ? 'custom' : 'function';
  return { name: textOf(tool.name), kind, schema: objectOf(tool.parameters) };
}

function readToolChoice(choice: Json | undefined): Question['toolChoice'] {
  if (choice === 'none' || choice === 'required') return { mode: choice };
  const name = textOf(objectOf(choice).name);
  return name === '' ? { mode: 'auto' } : { mode: 'tool', name };
}

function readSchema(format: JsonObject): Question['schema'] {
  if (format.type === 'json_object') return 'any';
  return format.type === 'json_schema' ? objectOf(format.schema) : undefined;
}

function readPrompt(body: JsonObject, items: readonly JsonObject[]): readonly PromptPiece[] {
  const pieces = [body.tools, body.text, body.instructions]
    .filter((value) => value !== undefined && value !== null)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .map((text) => ({ text, tokens: countTokens(text) }));
  return [...pieces, ...items.map(readItem), { text: '', tokens: MESSAGE_TOKENS }];
}

/** Ids and what is encrypted cost nothing: they stand for what was paid for. */
function readItem({ id: _, encrypted_content: __, status: ___, ...item }: JsonObject): PromptPiece {
  const parts = [...objectsOf(item.content), ...objectsOf(item.output)];
  const media = parts.filter((part) => textOf(part.type).startsWith('input_') && part.type !== 'input_text');
  const spoken =
    item.type === 'message'
      ? contentText(item.content)
      : contentText(item.output) + [item.name, item.arguments, item.input].map(textOf).join('');
  const summary = objectsOf(item.summary).map((part) => textOf(part.text));
  return {
    text: JSON.stringify(item),
    tokens: countTokens(spoken + summary.join('')) + listOf(media).length * IMAGE_TOKENS.other + MESSAGE_TOKENS,
  };
}
