/** The second guard of the layers, on the sources as they are, independent of Biome and of its patterns. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const sourceFiles = (pattern: string) => globSync(pattern, { cwd: root }).map((file) => file.replaceAll('\\', '/'));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const PURE = ['core', 'framing', 'dialects', 'routing', 'ledger', 'records'];
const SHARED = ['functions/core/', 'functions/table.ts', 'functions/env.ts'];
const LIB_TAKES = [
  'functions/env.ts',
  'functions/table.ts',
  'functions/records/row.ts',
  'functions/records/lake-tables.ts',
  'functions/core/config.ts',
  'functions/ledger/meter-settings.ts',
];

/** What a file may import of the project, as prefixes of paths from the root; packages are judged apart. */
function mayImport(file: string): readonly string[] {
  const [top = '', layer = '', folder = ''] = file.split('/');
  if (top === 'lib') return ['lib/', ...LIB_TAKES];
  if (top !== 'functions') return [''];
  if (layer === 'core') return ['functions/core/'];
  if (layer === 'dialects' && !folder.endsWith('.ts')) return ['functions/core/', `${dirname(file)}/`];
  if (PURE.includes(layer)) return [...SHARED, `functions/${layer}/`];
  if (layer === 'adapters') {
    return [...SHARED, ...['adapters', 'framing', 'ledger', 'records'].map((name) => `functions/${name}/`)];
  }
  return ['functions/', 'package.json'];
}

function importsOf(file: string): readonly string[] {
  const specifiers = [...read(file).matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)(['"])(.+?)\1/gm)];
  return specifiers.map((match) => match[2] ?? '');
}

const isPure = (file: string) => PURE.some((layer) => file.startsWith(`functions/${layer}/`));

/** Comments speak of clocks and processes as they please. */
const codeOf = (file: string) => read(file).replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');

describe('layers', () => {
  const files = sourceFiles('{functions,lib}/**/*.ts');

  it('finds the sources', () => {
    expect(files).toContain('functions/core/chat.ts');
    expect(importsOf('functions/core/chat.ts')).toEqual(['./json.ts', './usage.ts']);
  });

  it.each(files)('%s imports only what its layer may', (file) => {
    const allowed = mayImport(file);
    const wrong = importsOf(file).filter((specifier) => {
      if (!specifier.startsWith('.')) return isPure(file) && specifier !== 'zod/mini';
      const target = posix.join(dirname(file), specifier);
      return !allowed.some((prefix) => target.startsWith(prefix));
    });
    expect(wrong).toEqual([]);
  });

  it.each(files.filter(isPure))('%s is a function of its arguments', (file) => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\s*\)|\bprocess\b|\bfetch\(|\brandomUUID\b|\bMath\.random\b|\bset(?:Timeout|Interval)\b|\bperformance\b|\bcrypto\b|\bconsole\b/;
    expect(codeOf(file)).not.toMatch(impure);
  });
});

describe('sources', () => {
  const sources = sourceFiles('{bin,lib,functions,local,cli,scripts,bench,test}/**/*.ts');
  it.each(sources)('%s has at most 400 lines', (file) => {
    expect(read(file).split('\n').length).toBeLessThanOrEqual(401);
  });
});
