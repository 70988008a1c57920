import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../../..');

it.skipIf(process.platform === 'win32')('npm ci puts tollgate where npx finds it, on the Node that it needs', () => {
  // A PATH without the Node of node_modules: as when the shim is called from anywhere.
  const options = { cwd: '/', env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8' } as const;
  const { stdout, stderr, status } = spawnSync(join(root, 'node_modules/.bin/tollgate'), ['--version'], options);
  expect({ stdout, stderr, status }).toEqual({ stdout: `${manifest.version}\n`, stderr: '', status: 0 });
});
