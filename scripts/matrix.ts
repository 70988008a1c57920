/** Plays every cell of the compatibility matrix and writes docs/compatibility.md: `npm run matrix`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cellsOf } from '../test/support/matrix/matrix.ts';
import { type Found, renderLine, renderPage } from '../test/support/matrix/render.ts';
import { type Cell, runCell } from '../test/support/matrix/run-cell.ts';
import { startMatrixStack } from '../test/support/matrix/stack.ts';

const PAGE = fileURLToPath(new URL('../docs/compatibility.md', import.meta.url));

const stack = await startMatrixStack();
// The gateway logs every failure that is asked for here; this table is for people.
const { log } = console;
console.log = () => {};
const failures: string[] = [];
const found: Found[] = [];
const startedAt = performance.now();
try {
  const rows = Map.groupBy(cellsOf(stack), ({ client, scene }) => `${client.name} × ${scene.title}`);
  let title = '';
  for (const [, cells] of rows) {
    const [first] = cells;
    if (first !== undefined && first.client.name !== title) {
      title = first.client.name;
      log(`\n${title}\n${' '.repeat(44)}${cells.map(({ provider }) => provider.name.padEnd(11)).join('')}`);
    }
    const row = [];
    for (const cell of cells) row.push(await play(cell));
    found.push(...row);
    log(`  ${(first?.scene.title ?? '').padEnd(42)}${row.map((cell) => renderLine(cell).padEnd(11)).join('')}`);
  }
} finally {
  await stack.close();
}
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
log(`\n${found.length - failures.length} of ${found.length} cells pass, in ${seconds} s.`);
if (failures.length > 0) {
  log(`\n${failures.join('\n\n')}`);
  process.exitCode = 1;
} else {
  writeFileSync(PAGE, renderPage(found));
}

async function play(cell: Cell): Promise<Found> {
  try {
    return { ...cell, verdict: { passed: true, footnote: await runCell(cell) } };
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
    return { ...cell, verdict: { passed: false } };
  }
}
