/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
import type { ResponseFormat } from '../../core/chat.ts';
import type { ClaudeTraits } from '../../core/claude-traits.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { isRecursive } from '../../core/recursive-schema.ts';

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
  if (isRecursive(format.schema)) {
    throw new GatewayError('unsupported-parameter', 'The target model does not take recursive JSON schemas', {
      param: 'response_format.json_schema.schema',
    });
  }
  const description = format.description === undefined ? {} : { description: format.description };
  return { type: 'json_schema', schema: { ...description, ...format.schema } };
}
