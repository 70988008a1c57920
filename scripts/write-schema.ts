/** Writes gateway.schema.json, which gives editors completion and checks in gateway.yaml: `npm run schema`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { configSchema } from '../functions/core/config.ts';

/** The schema of what a person writes: what has a default may be left out. */
export function configJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' });
  return `${JSON.stringify({ $schema, title: 'Tollgate configuration', ...schema }, null, 2)}\n`;
}

export const SCHEMA_FILE = fileURLToPath(new URL('../gateway.schema.json', import.meta.url));

if (import.meta.main) writeFileSync(SCHEMA_FILE, configJsonSchema());
