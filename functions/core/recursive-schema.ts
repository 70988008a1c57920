import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** Whether a `$ref` leads back to a schema that it is part of. Each definition is walked once. */
export function isRecursive(root: JsonObject): boolean {
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
        const recursive = visit(resolveReference(root, reference));
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

/** What a local `$ref` stands for. */
export function resolveReference(root: JsonObject, reference: string): Json | undefined {
  const steps = reference
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<Json | undefined>((value, step) => (isJsonObject(value) ? value[step] : undefined), root);
}
