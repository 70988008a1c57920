import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

it.each(globSync(['*.md', 'docs/**/*.md'], { cwd: root }))('%s links to what is there', (file) => {
  const links = [...readFileSync(join(root, file), 'utf8').matchAll(/\]\(([^)#\s]+)/g)].map((match) => match[1] ?? '');
  const dead = links.filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(file), link)));
  expect(dead).toEqual([]);
});
