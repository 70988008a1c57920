import type { JsonObject } from '../../../functions/core/json.ts';
import { contentText, listOf, numberOf, objectOf, objectsOf, seedOf, textOf } from '../fields.ts';
import type { Reading } from '../provider.ts';
import type { Question } from '../question.ts';
import { readPrompt } from './read-prompt.ts';

/** Tokens of thought by effort: less than the real ones take, in the same order. */
const EFFORT: { readonly [effort: string]: number } = { low: 32, medium: 96, high: 192, xhigh: 256, max: 320 };

export function read(body: JsonObject, model: string): Reading {
  return { question: readQuestion(body, model), prompt: readPrompt(body), candidates: 1 };
}

function readQuestion(body: JsonObject, model: string): Question {
  const messages = objectsOf(body.messages);
  const lastUser = messages.findLast((message) => message.role === 'user');
  const blocks = objectsOf(lastUser?.content);
  const results = blocks.filter((block) => block.type === 'tool_result');
  const seen = [...blocks, ...results.flatMap((block) => objectsOf(block.content))];
  const count = (type: string): number => seen.filter((block) => block.type === type).length;
  const toolChoice = readToolChoice(objectOf(body.tool_choice));
  return {
    seed: seedOf(body, model),
    model,
    userText: contentText(lastUser?.content),
    imageCount: count('image'),
    fileCount: count('document'),
    toolResults: results.map((block) => contentText(block.content)),
    // Tools that Anthropic runs itself have no schema here, and are left alone.
    tools: objectsOf(body.tools)
      .filter((tool) => tool.input_schema !== undefined)
      .map((tool) => ({ name: textOf(tool.name), kind: 'function', schema: objectOf(tool.input_schema) })),
    toolChoice,
    parallel: objectOf(body.tool_choice).disable_parallel_tool_use !== true,
    preface: toolChoice.mode === 'auto',
    schema: readSchema(body),
    stop: listOf(body.stop_sequences).filter((item) => typeof item === 'string'),
    maxTokens: numberOf(body.max_tokens),
    reasoningTokens: readThinking(body),
    answerTokens: undefined,
    filterAfterTokens: undefined,
  };
}

function readToolChoice(choice: JsonObject): Question['toolChoice'] {
  if (choice.type === 'none') return { mode: 'none' };
  if (choice.type === 'any') return { mode: 'required' };
  return choice.type === 'tool' ? { mode: 'tool', name: textOf(choice.name) } : { mode: 'auto' };
}

/** `output_format` is the field's name of the beta. */
function readSchema(body: JsonObject): Question['schema'] {
  const format = objectOf(objectOf(body.output_config).format ?? body.output_format);
  return format.type === 'json_schema' ? objectOf(format.schema) : undefined;
}

function readThinking(body: JsonObject): number {
  const { type, budget_tokens: budget } = objectOf(body.thinking);
  if (type !== 'enabled' && type !== 'adaptive') return 0;
  const wanted = EFFORT[textOf(objectOf(body.output_config).effort)] ?? 96;
  return Math.min(wanted, numberOf(budget) ?? wanted);
}
