/**
 * A parser that knows the dialect of Trino, which is Athena's. Its modules import folders, as only bundlers allow, so it
 * is bundled first: a tenth of a second.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TrinoSQL } from 'dt-sql-parser';
import { build } from 'esbuild';

export interface TrinoParser {
  /** What is wrong with a statement; nothing where it is Trino's. */
  validate(sql: string): readonly string[];
}

export async function createTrinoParser(folder: string): Promise<TrinoParser> {
  const outfile = join(folder, 'trino.mjs');
  await build({
    stdin: {
      contents: "export { TrinoSQL } from 'dt-sql-parser/dist/parser/trino/index.js';",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    logLevel: 'error',
  });
  const module = (await import(pathToFileURL(outfile).href)) as { readonly TrinoSQL: new () => TrinoSQL };
  const parser = new module.TrinoSQL();
  return {
    validate: (sql) => parser.validate(sql).map((error) => `${error.startLine}:${error.startColumn} ${error.message}`),
  };
}
