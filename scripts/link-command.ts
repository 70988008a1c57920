/**
 * Puts `tollgate` into node_modules/.bin, so that `npx tollgate` works in a clone: npm links the commands of
 * dependencies, never those of the package itself. Runs after `npm ci` and `npm install` (script `prepare`).
 *
 * A shim rather than a link, so that the command runs on the Node of node_modules even where PATH has an older one.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.bin');

const shell = `#!/bin/sh
here=$(dirname "$(readlink -f "$0" 2>/dev/null || echo "$0")")
exec "$here/node" "$here/../../bin/tollgate.ts" "$@"
`;
const windows = '@"%~dp0\\node.cmd" "%~dp0\\..\\..\\bin\\tollgate.ts" %*\r\n';

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'tollgate'), shell, { mode: 0o755 });
if (process.platform === 'win32') writeFileSync(join(folder, 'tollgate.cmd'), windows);
