import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configJsonSchema, SCHEMA_FILE } from '../../../scripts/write-schema.ts';

it('gateway.schema.json is what the schema of the configuration gives (npm run schema rewrites it)', () => {
  expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(configJsonSchema());
});

it('the default configuration tells editors of it', () => {
  const file = join(import.meta.dirname, '../../../gateway.yaml');
  expect(readFileSync(file, 'utf8')).toMatch(/^# yaml-language-server: \$schema=\.\/gateway\.schema\.json$/m);
});
