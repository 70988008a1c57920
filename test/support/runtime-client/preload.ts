/** `--import` this: the runtime client finds rapid-client.ts where it looks for its native addon. */
import { registerHooks } from 'node:module';

const standIn = new URL('./rapid-client.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier.endsWith('/rapid-client.node')
      ? { url: standIn, format: 'module-typescript', shortCircuit: true }
      : nextResolve(specifier, context),
});
