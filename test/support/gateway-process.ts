/**
 * The gateway alone, as one environment of Lambda would run it: its handler behind a function URL, in a process of its
 * own, told by its environment where everything is. Prints its URL. Usage: gateway-process.ts [HANDLER_MODULE]
 */
import { fileURLToPath } from 'node:url';
import { startFunctionUrl } from '../../local/function-url.ts';

const own = fileURLToPath(new URL('../../functions/gateway/handler.ts', import.meta.url));
const [module = own] = process.argv.slice(2);
const { url } = await startFunctionUrl({ module, port: 0 });
console.log(url);
