import { sampleJson } from './json-sample.ts';
import type { OfferedTool, Question } from './question.ts';
import { identifier, type Random } from './seed.ts';

export interface ToolCall {
  readonly tool: OfferedTool;
  /** Empty where the tool takes no arguments. */
  readonly arguments: string;
  /** The random part of its id. */
  readonly id: string;
}

/** Words in the user's text that ask for more calls than one. */
const SEVERAL: readonly (readonly [RegExp, number])[] = [
  [/\b(three|thrice|all)\b/i, 3],
  [/\b(two|twice|both|several|each|parallel|multiple)\b/i, 2],
];

/** The calls that the model answers with; none where it answers in text. Two wherever it may make two. */
export function callTools(question: Question, random: Random): readonly ToolCall[] {
  const tools = callable(question);
  if (tools.length === 0 || question.toolResults.length > 0) return [];
  const asked = SEVERAL.find(([pattern]) => pattern.test(question.userText))?.[1] ?? 0;
  const count = question.parallel ? Math.max(asked, Math.min(2, tools.length)) : 1;
  return Array.from({ length: count }, (_, index) => tools[index % tools.length])
    .filter((tool) => tool !== undefined)
    .map((tool) => ({ tool, arguments: writeArguments(tool, random), id: identifier(random, 22) }));
}

function callable(question: Question): readonly OfferedTool[] {
  const { toolChoice, tools } = question;
  if (toolChoice.mode === 'none') return [];
  if (toolChoice.mode === 'tool') return tools.filter((tool) => tool.name === toolChoice.name);
  return tools;
}

function writeArguments(tool: OfferedTool, random: Random): string {
  if (tool.kind === 'custom') return 'print("toll")';
  const properties = tool.schema.properties;
  const empty = properties === undefined || Object.keys(properties ?? {}).length === 0;
  return empty ? '' : JSON.stringify(sampleJson(tool.schema, random));
}
