/** https://ai.google.dev/api/generate-content#generationconfig */
import type { ChatRequest, ReasoningEffort, ReasoningSettings, ResponseFormat } from '../../core/chat.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { invalidRequest } from '../../core/parse.ts';
import { MAX_OUTPUT_TOKENS } from '../../core/request-fields.ts';
import { convertSchema } from './convert-schema.ts';
import {
  type Fields,
  optionalCandidates,
  optionalFlag,
  optionalInteger,
  optionalNumber,
  optionalText,
  optionalTexts,
  optionalTokenCap,
} from './wire.ts';

const KNOWN = new Set([
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'stopSequences',
  'candidateCount',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'thinkingConfig',
]);

type Settings = Partial<
  Pick<
    ChatRequest,
    | 'maxOutputTokens'
    | 'temperature'
    | 'topP'
    | 'topK'
    | 'seed'
    | 'presencePenalty'
    | 'frequencyPenalty'
    | 'logprobs'
    | 'topLogprobs'
    | 'responseFormat'
    | 'reasoning'
  >
>;

export interface DecodedConfig extends Settings {
  readonly stop: readonly string[];
  readonly candidates: number;
}

export interface ConfigResult {
  readonly settings: DecodedConfig;
  /** What the neutral model has no word for, under its path in the body: `generationConfig.speechConfig`. */
  readonly extensions: JsonObject;
}

export function decodeConfig(config: Fields | undefined): ConfigResult {
  if (config === undefined) return { settings: { stop: [], candidates: 1 }, extensions: {} };
  const { responseFormat, extensions: format } = decodeFormat(config);
  const reasoning = decodeThinking(config.object('thinkingConfig'));
  const given = {
    maxOutputTokens: config.read('maxOutputTokens', optionalTokenCap),
    temperature: config.read('temperature', optionalNumber),
    topP: config.read('topP', optionalNumber),
    // The SDK for Python writes it as a float.
    topK: config.read('topK', optionalNumber),
    seed: config.read('seed', optionalInteger),
    presencePenalty: config.read('presencePenalty', optionalNumber),
    frequencyPenalty: config.read('frequencyPenalty', optionalNumber),
    logprobs: config.read('responseLogprobs', optionalFlag),
    topLogprobs: config.read('logprobs', optionalInteger),
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => (value ?? undefined) !== undefined));
  const others = Object.entries(config.others(KNOWN)).map(([name, value]) => [`generationConfig.${name}`, value]);
  return {
    settings: {
      stop: config.read('stopSequences', optionalTexts) ?? [],
      candidates: config.read('candidateCount', optionalCandidates) ?? 1,
      ...(present as Settings),
      ...(responseFormat === undefined ? {} : { responseFormat }),
      ...(reasoning === undefined ? {} : { reasoning }),
    },
    extensions: { ...Object.fromEntries(others), ...format },
  };
}

interface DecodedFormat {
  readonly responseFormat?: ResponseFormat;
  readonly extensions: JsonObject;
}

function decodeFormat(config: Fields): DecodedFormat {
  const type = config.read('responseMimeType', optionalText) ?? undefined;
  const native = schemaField(config, 'responseSchema');
  const json = schemaField(config, 'responseJsonSchema');
  const schema = json ?? (native === undefined ? undefined : convertSchema(native, config.path('responseSchema')));
  switch (type) {
    case undefined:
    case 'text/plain':
      if (schema !== undefined) {
        const path = config.path(json === undefined ? 'responseSchema' : 'responseJsonSchema');
        throw invalidRequest(path, 'needs the responseMimeType "application/json"');
      }
      return type === undefined ? { extensions: {} } : { responseFormat: { type: 'text' }, extensions: {} };
    case 'application/json':
      if (schema === undefined) return { responseFormat: { type: 'json' }, extensions: {} };
      return { responseFormat: { type: 'json-schema', name: schemaName(schema), schema }, extensions: {} };
    default: {
      // `text/x.enum` and whatever comes: one word out of a list, without JSON around it, which only Google's API has.
      const fields = { responseMimeType: type, responseSchema: native, responseJsonSchema: json };
      const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
      return { extensions: Object.fromEntries(entries.map(([name, value]) => [`generationConfig.${name}`, value])) };
    }
  }
}

function schemaField(config: Fields, name: string): JsonObject | undefined {
  const value = config.get(name);
  if (value === undefined || isJsonObject(value)) return value;
  throw invalidRequest(config.path(name), 'must be an object');
}

/** Other dialects want a name for the schema. */
function schemaName(schema: JsonObject): string {
  const title: Json | undefined = schema.title;
  const name = typeof title === 'string' ? title.replace(/[^a-zA-Z0-9_-]+/g, '_').slice(0, 64) : '';
  return /[a-zA-Z0-9]/.test(name) ? name : 'response';
}

const LEVELS: ReadonlyMap<string, ReasoningEffort> = new Map([
  ['minimal', 'minimal'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
]);

/** A budget of 0 is "off", -1 is "as much as the model likes". */
function decodeThinking(thinking: Fields | undefined): ReasoningSettings | undefined {
  if (thinking === undefined) return undefined;
  const level = thinking.read('thinkingLevel', optionalText)?.toLowerCase() ?? 'thinking_level_unspecified';
  const budget = thinking.read('thinkingBudget', optionalInteger) ?? undefined;
  const shown = thinking.read('includeThoughts', optionalFlag) === true;
  const effort = LEVELS.get(level);
  if (effort === undefined && level !== 'thinking_level_unspecified') {
    throw invalidRequest(thinking.path('thinkingLevel'), 'must be MINIMAL, LOW, MEDIUM or HIGH');
  }
  if (budget !== undefined && (budget < -1 || budget > MAX_OUTPUT_TOKENS)) {
    throw invalidRequest(thinking.path('thinkingBudget'), 'must be a number of tokens, 0 for none or -1 for automatic');
  }
  if (effort !== undefined && budget !== undefined) {
    throw invalidRequest(thinking.path('thinkingBudget'), 'and thinkingLevel exclude each other');
  }
  if (budget === 0) return { mode: 'off' };
  const summary = shown ? ({ summary: 'auto' } as const) : {};
  if (effort !== undefined) return { effort, ...summary };
  if (budget !== undefined && budget > 0) return { budgetTokens: budget, ...summary };
  // Who asks to see thoughts, asks for thoughts: Gemini has them anyway, models of others have to be told.
  return budget === -1 || shown ? { mode: 'adaptive', ...summary } : undefined;
}
