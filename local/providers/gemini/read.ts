import type { JsonObject } from '../../../functions/core/json.ts';
import { contentText, listOf, numberOf, objectOf, objectsOf, seedOf, textOf } from '../fields.ts';
import type { Reading } from '../provider.ts';
import type { OfferedTool, Question } from '../question.ts';
import { camelCase } from './camel-case.ts';
import { readPrompt } from './read-prompt.ts';
import { jsonSchemaOf } from './read-schema.ts';
import { thinkingTokens } from './thinking.ts';

const ASKED = ['systemInstruction', 'contents', 'tools'];

export function read(original: JsonObject, model: string): Reading {
  const body = camelCase(original);
  const candidates = numberOf(objectOf(body.generationConfig).candidateCount) ?? 1;
  return { question: readQuestion(body, model), prompt: readPrompt(body), candidates };
}

function readQuestion(body: JsonObject, model: string): Question {
  const config = objectOf(body.generationConfig);
  const contents = objectsOf(body.contents);
  const parts = objectsOf(contents.findLast((content) => content.role !== 'model')?.parts);
  const results = parts.filter((part) => part.functionResponse !== undefined);
  const media = [...parts, ...results.flatMap((part) => objectsOf(objectOf(part.functionResponse).parts))]
    .map((part) => textOf(objectOf(part.inlineData ?? part.fileData).mimeType))
    .filter((type) => type !== '');
  const images = media.filter((type) => type.startsWith('image/'));
  const audio = media.filter((type) => type.startsWith('audio/'));
  const tools = objectsOf(body.tools).flatMap((tool) => objectsOf(tool.functionDeclarations).map(readTool));
  const choice = objectOf(objectOf(body.toolConfig).functionCallingConfig);
  const allowed = listOf(choice.allowedFunctionNames);
  return {
    seed: `${seedOf(body, model, ASKED)}${JSON.stringify(schemaOf(config) ?? null)}`,
    model,
    userText: contentText(parts.filter((part) => part.thought !== true)),
    imageCount: images.length,
    audioCount: audio.length,
    fileCount: media.length - images.length - audio.length,
    toolResults: results.map((part) => readResult(objectOf(objectOf(part.functionResponse).response))),
    tools: allowed.length === 0 ? tools : tools.filter((tool) => allowed.includes(tool.name)),
    toolChoice: { mode: choice.mode === 'NONE' ? 'none' : choice.mode === 'ANY' ? 'required' : 'auto' },
    parallel: true,
    preface: false,
    schema: schemaOf(config),
    stop: listOf(config.stopSequences).filter((item) => typeof item === 'string'),
    maxTokens: numberOf(config.maxOutputTokens),
    reasoningTokens: thinkingTokens(model, config),
    refusesInSilence: true,
    answerTokens: undefined,
    filterAfterTokens: undefined,
  };
}

function readTool(declaration: JsonObject): OfferedTool {
  const schema = declaration.parametersJsonSchema ?? jsonSchemaOf(objectOf(declaration.parameters));
  return { name: textOf(declaration.name), kind: 'function', schema: objectOf(schema) };
}

/** A result is an object of any form; one that is text is mostly wrapped into one field. */
function readResult(response: JsonObject): string {
  const [only, ...others] = Object.values(response);
  return others.length === 0 && typeof only === 'string' ? only : JSON.stringify(response);
}

function schemaOf(config: JsonObject): Question['schema'] {
  if (config.responseMimeType !== 'application/json') return undefined;
  const schema = config.responseJsonSchema ?? config._responseJsonSchema;
  if (schema !== undefined) return objectOf(schema);
  return config.responseSchema === undefined ? 'any' : jsonSchemaOf(objectOf(config.responseSchema));
}
