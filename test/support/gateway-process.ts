/**
 * The gateway alone, as one environment of Lambda would run it: its handler behind a function URL, in a process of its
 * own, told by its environment where everything is. Prints its URL.
 */
import { fileURLToPath } from 'node:url';
import { startFunctionUrl } from '../../local/function-url.ts';

const module = fileURLToPath(new URL('../../functions/gateway/handler.ts', import.meta.url));
const { url } = await startFunctionUrl({ module, port: 0 });
console.log(url);
