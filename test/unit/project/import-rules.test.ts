/**
 * Who may import whom. Biome's overrides in biome.json say it while one types; here each of them is shown to bite, on
 * planted files, because a boundary check whose patterns match nothing passes too.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** File, what it imports, whether that is allowed. */
const CASES: readonly (readonly [file: string, imported: string, allowed: boolean])[] = [
  ['functions/core/a.ts', './chat.ts', true],
  ['functions/core/a.ts', 'zod/mini', true],
  ['functions/core/a.ts', 'zod', false],
  ['functions/core/a.ts', 'node:crypto', false],
  ['functions/core/a.ts', '../table.ts', false],
  ['functions/core/a.ts', '../ledger/prices.ts', false],
  ['functions/ledger/a.ts', '../core/usage.ts', true],
  ['functions/ledger/a.ts', '../table.ts', true],
  ['functions/ledger/a.ts', '../adapters/dynamo-keys.ts', false],
  ['functions/ledger/a.ts', '@aws-sdk/client-dynamodb', false],
  ['functions/routing/a.ts', '../ledger/prices.ts', false],
  ['functions/records/a.ts', 'node:fs', false],
  ['functions/framing/a.ts', 'undici', false],
  ['functions/dialects/index.ts', './openai-chat/index.ts', true],
  ['functions/dialects/index.ts', '../core/codec.ts', true],
  ['functions/dialects/index.ts', '../gateway/serve.ts', false],
  ['functions/dialects/gemini/a.ts', './wire.ts', true],
  ['functions/dialects/gemini/a.ts', '../../core/chat.ts', true],
  ['functions/dialects/gemini/a.ts', '../index.ts', false],
  ['functions/dialects/gemini/a.ts', 'zod/mini', true],
  ['functions/dialects/gemini/a.ts', '../openai-chat/wire.ts', false],
  ['functions/dialects/gemini/a.ts', '../../framing/sse.ts', false],
  ['functions/dialects/gemini/a.ts', '../../table.ts', false],
  ['functions/adapters/a.ts', '../ledger/keys.ts', true],
  ['functions/adapters/a.ts', '@aws-sdk/client-dynamodb', true],
  // A development dependency would be missing in the bundle.
  ['functions/adapters/a.ts', 'dynalite', false],
  ['local/a.ts', 'dynalite', true],
  ['functions/adapters/a.ts', '../dialects/index.ts', false],
  ['functions/adapters/a.ts', '../gateway/serve.ts', false],
  ['functions/gateway/a.ts', '../dialects/index.ts', true],
  ['functions/gateway/a.ts', '../../lib/load-config.ts', false],
  ['functions/gateway/a.ts', '../../package.json', true],
  ['functions/gateway/middleware/a.ts', '../../core/errors.ts', true],
  ['functions/gateway/middleware/a.ts', '../../../local/start.ts', false],
  ['functions/upkeep/a.ts', '../../local/start.ts', false],
  ['lib/a.ts', '../functions/env.ts', true],
  ['lib/a.ts', '../functions/records/row.ts', true],
  ['lib/a.ts', '../functions/core/chat.ts', false],
  ['lib/a.ts', '../functions/adapters/dynamo-keys.ts', false],
  ['lib/a.ts', '../local/start.ts', false],
  ['local/a.ts', '../functions/table.ts', true],
  ['local/a.ts', '../test/support/local-stack.ts', false],
  ['cli/a.ts', '../functions/adapters/key-admin.ts', true],
  ['cli/a.ts', '../test/support/local-stack.ts', false],
];

interface Report {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[];
}

const folder = mkdtempSync(join(tmpdir(), 'tollgate-import-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The files, by name, that the import rule complains about. */
function lintPlanted(): ReadonlySet<string> {
  for (const file of ['biome.json', 'package.json']) cpSync(join(root, file), join(folder, file));
  CASES.forEach(([file, imported], index) => {
    const planted = join(folder, plantedName(file, index));
    mkdirSync(dirname(planted), { recursive: true });
    writeFileSync(planted, `import { something } from '${imported}';\n\nexport const used = something;\n`);
  });
  const args = [
    'lint',
    '--only=style/noRestrictedImports',
    '--only=correctness/noUndeclaredDependencies',
    '--vcs-enabled=false',
    '--reporter=json',
    '--max-diagnostics=none',
  ];
  const biome = join(root, 'node_modules/.bin/biome');
  const { stdout } = spawnSync(biome, [...args, '.'], { cwd: folder, encoding: 'utf8' });
  const report: Report = JSON.parse(stdout);
  return new Set(report.diagnostics.map((diagnostic) => diagnostic.location.path));
}

const plantedName = (file: string, index: number) => file.replace(/[^/]+$/, `planted-${index}.ts`);

describe('import rules', () => {
  const refused = lintPlanted();

  it.each(
    CASES.map(([file, imported, allowed], index) => ({ file, imported, allowed, planted: plantedName(file, index) })),
  )('$file importing $imported: allowed is $allowed', ({ allowed, planted }) => {
    expect(refused.has(planted)).toBe(!allowed);
  });
});
