/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
import type { ResponseFormat } from '../../core/chat.ts';
import type { ClaudeTraits } from '../../core/claude-traits.ts';
import { grammarSchema } from '../../core/grammar-schema.ts';
import type { JsonObject } from '../../core/json.ts';

const SCHEMA_PATH = 'response_format.json_schema.schema';

export function encodeFormat(
  format: ResponseFormat | undefined,
  traits: ClaudeTraits,
  drop: (parameter: string) => void,
): JsonObject | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  // JSON without a schema has no counterpart: asking for it in words would be a promise that nobody keeps.
  if (format.type === 'json' || !traits.structuredOutputs) {
    drop('response_format');
    return undefined;
  }
  const description = format.description === undefined ? {} : { description: format.description };
  return { type: 'json_schema', schema: { ...description, ...grammarSchema(format.schema, SCHEMA_PATH) } };
}
