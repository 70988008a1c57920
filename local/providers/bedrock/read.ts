import type { JsonObject } from '../../../functions/core/json.ts';
import { contentText, listOf, numberOf, objectOf, objectsOf, seedOf, textOf } from '../fields.ts';
import { parseCall } from '../parse-call.ts';
import type { Reading } from '../provider.ts';
import type { Question } from '../question.ts';
import { readPrompt } from './read-prompt.ts';

/** Tokens of thought by effort: less than the real ones take, in the same order. */
const EFFORT: { readonly [effort: string]: number } = { low: 32, medium: 96, high: 192, xhigh: 256, max: 320 };

const ASKED = ['system', 'messages', 'toolConfig', 'outputConfig'];

export function read(body: JsonObject, model: string): Reading {
  return { question: readQuestion(body, model), prompt: readPrompt(body), candidates: 1 };
}

function readQuestion(body: JsonObject, model: string): Question {
  const lastUser = objectsOf(body.messages).findLast((message) => message.role === 'user');
  const blocks = objectsOf(lastUser?.content);
  const results = blocks.map((block) => block.toolResult).filter((result) => result !== undefined);
  const fields = objectOf(body.additionalModelRequestFields);
  const toolChoice = readToolChoice(objectOf(body.toolConfig), objectOf(fields.tool_choice));
  const config = objectOf(body.inferenceConfig);
  return {
    seed: seedOf(body, model, ASKED),
    model,
    userText: contentText(lastUser?.content),
    imageCount: blocks.filter((block) => block.image !== undefined).length,
    toolResults: results.map((result) => contentText(objectOf(result).content)),
    tools: objectsOf(objectOf(body.toolConfig).tools)
      .map((tool) => objectOf(tool.toolSpec))
      .filter((spec) => spec.name !== undefined)
      .map((spec) => ({
        name: textOf(spec.name),
        kind: 'function',
        schema: objectOf(objectOf(spec.inputSchema).json),
      })),
    toolChoice,
    parallel: objectOf(fields.tool_choice).disable_parallel_tool_use !== true,
    preface: toolChoice.mode === 'auto',
    schema: readSchema(objectOf(objectOf(body.outputConfig).textFormat)),
    stop: listOf(config.stopSequences).filter((item) => typeof item === 'string'),
    maxTokens: numberOf(config.maxTokens),
    reasoningTokens: readThinking(body, fields),
    answerTokens: undefined,
    filterAfterTokens: undefined,
  };
}

function readToolChoice(toolConfig: JsonObject, claude: JsonObject): Question['toolChoice'] {
  const { any, tool } = objectOf(toolConfig.toolChoice);
  if (claude.type === 'none') return { mode: 'none' };
  if (any !== undefined || claude.type === 'any') return { mode: 'required' };
  if (tool !== undefined) return { mode: 'tool', name: textOf(objectOf(tool).name) };
  return claude.type === 'tool' ? { mode: 'tool', name: textOf(claude.name) } : { mode: 'auto' };
}

function readSchema(format: JsonObject): Question['schema'] {
  const text = textOf(objectOf(objectOf(format.structure).jsonSchema).schema);
  return text === '' ? undefined : parseCall(text);
}

/** Claude's words, Nova's and GPT's. */
function readThinking(body: JsonObject, fields: JsonObject): number {
  const { type, budget_tokens: budget } = objectOf(fields.thinking);
  const nova = objectOf(fields.reasoningConfig);
  const gpt = textOf(objectOf(fields.reasoning).effort) || textOf(fields.reasoning_effort);
  if (nova.type === 'enabled') return EFFORT[textOf(nova.maxReasoningEffort)] ?? 96;
  if (gpt !== '') return EFFORT[gpt] ?? 0;
  if (type !== 'enabled' && type !== 'adaptive') return 0;
  const wanted = EFFORT[textOf(objectOf(body.outputConfig).effort)] ?? 96;
  return Math.min(wanted, numberOf(budget) ?? wanted);
}
