/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
import type { ResponseFormat } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { ModelTraits } from './model-traits.ts';

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
  if (isRecursive(format.schema)) {
    throw new GatewayError('unsupported-parameter', 'The target model does not take recursive JSON schemas', {
      param: 'response_format.json_schema.schema',
    });
  }
  const description = format.description === undefined ? {} : { description: format.description };
  return { type: 'json_schema', schema: { ...description, ...format.schema } };
}

/** Whether a `$ref` leads back to a schema that it is part of. Each definition is walked once. */
function isRecursive(root: JsonObject): boolean {
  const finished = new Set<string>();
  const open = new Set<string>(['#']);
  const visit = (value: Json | undefined): boolean => {
    if (Array.isArray(value)) return value.some(visit);
    if (!isJsonObject(value)) return false;
    const { $ref: reference } = value;
    if (typeof reference === 'string' && reference.startsWith('#')) {
      if (open.has(reference)) return true;
      if (!finished.has(reference)) {
        open.add(reference);
        const recursive = visit(resolve(root, reference));
        open.delete(reference);
        finished.add(reference);
        if (recursive) return true;
      }
    }
    // Definitions count where they are used.
    return Object.entries(value).some(([key, inner]) => key !== '$defs' && key !== 'definitions' && visit(inner));
  };
  return visit(root);
}

function resolve(root: JsonObject, reference: string): Json | undefined {
  const steps = reference
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<Json | undefined>((value, step) => (isJsonObject(value) ? value[step] : undefined), root);
}
