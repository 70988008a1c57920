/**
 * Every official client through the gateway to every simulated provider, streamed and whole. What is asked and what has to
 * come back stands in `test/support/matrix`; a cell that fails tells both outcomes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CASES, CREATE_CLIENTS, cellsOf } from '../../support/matrix/matrix.ts';
import { PROVIDERS } from '../../support/matrix/providers.ts';
import { type Found, renderPage } from '../../support/matrix/render.ts';
import { type Cell, runCell } from '../../support/matrix/run-cell.ts';
import { type MatrixStack, startMatrixStack } from '../../support/matrix/stack.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let stack: MatrixStack;
let cells: readonly Cell[];
const found: Found[] = [];

beforeAll(async () => {
  // The gateway logs every failure that is asked for here.
  vi.spyOn(console, 'log').mockImplementation(() => {});
  stack = await startMatrixStack();
  cells = cellsOf(stack);
});
afterAll(async () => {
  await stack?.close();
  vi.restoreAllMocks();
});

/** The stack names the clients, and is only there once the tests run: cells are found by their place. */
const CLIENTS = CREATE_CLIENTS.map((create, index) => ({ index, name: create('http://127.0.0.1', 'none').name }));

describe.each(CLIENTS)('$name', (client) => {
  describe.each(PROVIDERS.map(({ title }, index) => ({ index, title })))('to $title', (provider) => {
    it.each(CASES.map(({ title }, index) => ({ index, title })))('$title', async (scene) => {
      const cell = cells[(client.index * PROVIDERS.length + provider.index) * CASES.length + scene.index];
      if (cell === undefined) throw new Error('The cell is missing.');
      expect([cell.client.name, cell.provider.title, cell.scene.title]).toEqual([
        client.name,
        provider.title,
        scene.title,
      ]);
      found.push({ ...cell, verdict: { passed: true, footnote: await runCell(cell) } });
    });
  });
});

it('is what docs/compatibility.md says (`npm run matrix` writes it)', () => {
  expect(found).toHaveLength(cells.length);
  const page = readFileSync(join(import.meta.dirname, '../../../docs/compatibility.md'), 'utf8');
  expect(renderPage(found)).toBe(page);
});
