/**
 * How much to think and in what form to answer: https://platform.claude.com/docs/en/build-with-claude/effort ·
 * …/adaptive-thinking · …/extended-thinking · …/structured-outputs
 */
import type { ReasoningSettings, ResponseFormat } from '../../core/chat.ts';
import { isEffort } from '../../core/effort.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { type Path, parseRequest } from '../../core/parse.ts';
import { blockType, without } from './decode-content.ts';
import { displaySchema, formatSchema, outputConfigSchema, thinkingSchema, type WireRequest } from './wire.ts';

/** Other dialects want a name for a schema; this one has none. */
const SCHEMA_NAME = 'output';

export interface DecodedSettings {
  readonly reasoning?: ReasoningSettings;
  readonly responseFormat?: ResponseFormat;
  /** What of it only this dialect knows, by the fields of the request. */
  readonly extensions: JsonObject;
}

export function decodeSettings(wire: WireRequest): DecodedSettings {
  const thinking = wire.thinking ? decodeThinking(wire.thinking) : undefined;
  const config = wire.output_config ?? {};
  const { effort, format } = parseRequest(outputConfigSchema, config, ['output_config']);
  const known = isEffort(effort) ? effort : undefined;
  const off = thinking?.reasoning?.mode === 'off';
  const responseFormat = format
    ? decodeFormat(format, ['output_config', 'format'])
    : wire.output_format
      ? decodeFormat(wire.output_format, ['output_format'])
      : undefined;
  const rest = {
    ...without(config, ['effort', 'format'], ['output_config']),
    // Without thinking it still says how much to write, which no other dialect can.
    ...(effort && (known === undefined || off) ? { effort } : {}),
    ...(format && responseFormat === undefined ? { format } : {}),
  };
  const reasoning = { ...thinking?.reasoning, ...(known === undefined || off ? {} : { effort: known }) };
  return {
    ...(Object.keys(reasoning).length === 0 ? {} : { reasoning }),
    ...(responseFormat === undefined ? {} : { responseFormat }),
    extensions: {
      ...thinking?.extensions,
      ...(Object.keys(rest).length === 0 ? {} : { output_config: rest }),
      ...(wire.output_format && responseFormat === undefined ? { output_format: wire.output_format } : {}),
    },
  };
}

interface DecodedThinking {
  readonly reasoning?: ReasoningSettings;
  readonly extensions: JsonObject;
}

function decodeThinking(thinking: JsonObject): DecodedThinking {
  const at = ['thinking'];
  const { display } = parseRequest(displaySchema, thinking, at);
  const summary = display === 'summarized' ? ({ summary: 'auto' } as const) : {};
  const rest = without(thinking, ['type', 'budget_tokens'], at);
  const extensions = Object.keys(rest).length === 0 ? {} : { thinking: rest };
  switch (blockType(thinking, at)) {
    case 'enabled': {
      const { budget_tokens: budgetTokens } = parseRequest(thinkingSchema, thinking, at);
      return { reasoning: { mode: 'on', budgetTokens, ...summary }, extensions };
    }
    case 'adaptive':
      return { reasoning: { mode: 'adaptive', ...summary }, extensions };
    case 'disabled':
      return { reasoning: { mode: 'off' }, extensions: {} };
    // As far off as it goes with the models that have it.
    case 'between_tools':
      return { reasoning: { mode: 'off' }, extensions: { thinking } };
    default:
      return { extensions: { thinking } };
  }
}

function decodeFormat(format: JsonObject, at: Path): ResponseFormat | undefined {
  if (blockType(format, at) !== 'json_schema') return undefined;
  const { schema } = parseRequest(formatSchema, format, at);
  return { type: 'json-schema', name: SCHEMA_NAME, schema, ...(isClosed(schema) ? { strict: true } : {}) };
}

/**
 * This API holds to every schema that it takes. OpenAI's `strict` does so only for those that leave nothing open, and
 * refuses the others: they are asked for without it.
 */
function isClosed(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.every(isClosed);
  if (!isJsonObject(value)) return true;
  const { properties, required, additionalProperties } = value;
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  const needed = new Set(Array.isArray(required) ? required : []);
  const isOpen = value.type === 'object' && additionalProperties !== false;
  const isOptional = names.some((name) => !needed.has(name));
  return !isOpen && !isOptional && Object.values(value).every(isClosed);
}
