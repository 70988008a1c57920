/** `npm start` for tests that load it: its gateway waits for the table as long as a busy machine takes. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startLocal } from '../../local/start.ts';

const { values } = parseArgs({
  options: { port: { type: 'string' }, data: { type: 'string' }, config: { type: 'string' } },
});
const { port = '0', data = '', config = '' } = values;
const handlerModule = fileURLToPath(new URL('./handlers/patient-gateway.ts', import.meta.url));
const stack = await startLocal({ port: Number(port), data, config, env: process.env, handlerModule });
process.once('SIGTERM', () => {
  void stack.close().then(() => process.exit(0));
});
console.log(`Tollgate listening on ${stack.url}`);
