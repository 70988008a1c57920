/** https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
import type { ResponseFormat } from '../../core/chat.ts';
import { grammarSchema } from '../../core/grammar-schema.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ModelTraits } from './model-traits.ts';

/** `outputConfig.textFormat`: the schema goes as text. */
export function encodeFormat(
  format: ResponseFormat | undefined,
  traits: ModelTraits,
  drop: (parameter: string) => void,
): JsonObject | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  // JSON without a schema has no counterpart: asking for it in words would be a promise that nobody keeps.
  if (format.type === 'json' || !traits.structuredOutputs) {
    drop('response_format');
    return undefined;
  }
  const { name, description } = format;
  const jsonSchema = {
    schema: JSON.stringify(grammarSchema(format.schema, 'response_format.json_schema.schema')),
    name,
    ...(description === undefined ? {} : { description }),
  };
  return { type: 'json_schema', structure: { jsonSchema } };
}
