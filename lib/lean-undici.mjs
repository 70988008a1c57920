/**
 * The two parts of undici that the gateway uses, in place of the package's own entry inside the bundle. That entry
 * loads fetch, WebSocket, caches and mocks too: 715 kB minified and 43 ms to import against 462 kB and 23 ms (Node 24,
 * two cores; a third of a core in a 512 MB function), at every cold start.
 *
 * The paths are relative because the bundler's alias would catch the name; what lies there is undici's own business,
 * which is why its version is pinned. Whatever else the gateway came to import from undici would stop the bundling by
 * its name, and the bundled code is run by test/stack/bundled-asset.test.ts.
 */
// biome-ignore lint/style/noRestrictedImports: a package's file, not one of ours
import request from '../node_modules/undici/lib/api/api-request.js';
// biome-ignore lint/style/noRestrictedImports: a package's file, not one of ours
import Agent from '../node_modules/undici/lib/dispatcher/agent.js';

export { Agent };

/** As `request` of undici, for a caller who brings the dispatcher. */
function requestThrough(url, { dispatcher, ...options }) {
  const { origin, pathname, search } = new URL(url);
  return request.call(dispatcher, { ...options, origin, path: `${pathname}${search}` });
}

export { requestThrough as request };
