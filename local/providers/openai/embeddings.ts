/** https://platform.openai.com/docs/api-reference/embeddings */
import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import { embedText } from '../embedding.ts';
import { parseModel } from '../faults.ts';
import { numberOf, textOf } from '../fields.ts';
import type { Calculation, Problem, SimulatedCalculation } from '../provider.ts';
import { countTokens } from '../tokens.ts';
import { openai } from './index.ts';
import { missing, wrongType } from './problems.ts';

const MAX_INPUTS = 2_048;
const MAX_INPUT_TOKENS = 8_192;

export const openaiEmbeddings: SimulatedCalculation = {
  name: openai.name,
  path: '/openai/v1/embeddings',
  modelsPath: openai.modelsPath,
  headers: openai.headers,
  credential: openai.credential,
  encodeProblem: openai.encodeProblem,
  encodeError: openai.encodeError,
  models: openai.models,
  findProblem,
  calculate,
};

/** A text, or its tokens; one or several. */
function inputsOf(input: Json | undefined): readonly (string | readonly Json[])[] {
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input)) return [];
  return input.every((item: Json) => typeof item === 'number')
    ? [input as readonly Json[]]
    : (input as readonly Json[]).map((item) => (typeof item === 'string' ? item : Array.isArray(item) ? item : ''));
}

function calculate(body: JsonObject, model: string): Calculation {
  const inputs = inputsOf(body.input);
  const dimensions = numberOf(body.dimensions) ?? fullSize(model);
  const tokens = inputs.reduce((sum, input) => sum + tokensOf(input), 0);
  return {
    body: {
      object: 'list',
      data: inputs.map((input, index) => {
        const vector = embedText(model, typeof input === 'string' ? input : JSON.stringify(input), dimensions);
        return { object: 'embedding', index, embedding: body.encoding_format === 'base64' ? pack(vector) : vector };
      }),
      model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    },
    inputTokens: tokens,
  };
}

function fullSize(model: string): number {
  return model.includes('large') ? 3_072 : 1_536;
}

function tokensOf(input: string | readonly Json[]): number {
  return typeof input === 'string' ? countTokens(input) : input.length;
}

/** 32-bit floats, the least significant byte first. */
function pack(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}

function findProblem(body: JsonObject): Problem | undefined {
  if (textOf(body.model) === '') return { message: 'you must provide a model parameter' };
  const { input } = body;
  if (input === undefined) return missing('input');
  const inputs = inputsOf(input);
  const isEmpty = inputs.length === 0 || inputs.some((item) => item.length === 0);
  if (isEmpty || (Array.isArray(input) && input.some((item: Json) => item === null || isJsonObject(item)))) {
    return {
      message: "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
      param: 'input',
    };
  }
  if (inputs.length > MAX_INPUTS) {
    return {
      message: `Invalid 'input': array too long. Expected an array with maximum length ${MAX_INPUTS}, but got an array with length ${inputs.length} instead.`,
      param: 'input',
      code: 'array_above_max_length',
    };
  }
  const longest = Math.max(...inputs.map(tokensOf));
  if (longest > MAX_INPUT_TOKENS) {
    return {
      message: `This model's maximum context length is ${MAX_INPUT_TOKENS} tokens, however you requested ${longest} tokens (${longest} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.`,
    };
  }
  return checkForm(body);
}

function checkForm({ encoding_format: format, dimensions, model }: JsonObject): Problem | undefined {
  if (format !== undefined && format !== 'float' && format !== 'base64') {
    return {
      message: `Invalid value: '${textOf(format)}'. Supported values are: 'float' and 'base64'.`,
      param: 'encoding_format',
    };
  }
  if (dimensions === undefined || dimensions === null) return undefined;
  if (typeof dimensions !== 'number') return wrongType('dimensions', 'an integer', dimensions);
  const name = parseModel(textOf(model)).name;
  if (name.includes('ada')) return { message: 'This model does not support specifying dimensions.' };
  const full = fullSize(name);
  return Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= full
    ? undefined
    : {
        message: `Invalid value for 'dimensions' = ${dimensions}. Must be less than or equal to ${full}.`,
        param: 'dimensions',
      };
}
