import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const IMPORT = /(?:\bfrom|\bimport)\s*"\.\/([^"]+\.(?:mjs|json))"/g;

/** The files of a bundle that are read when its entry is imported: all but what is behind an `import()`. */
export function staticImports(folder: string, entry = 'index.mjs'): readonly string[] {
  const seen = new Set<string>();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, imported = ''] of readFileSync(join(folder, file), 'utf8').matchAll(IMPORT)) queue.push(imported);
  }
  return [...seen];
}
