/** An address where nothing listens, as after the stack was stopped. (fetch refuses to try the reserved ports.) */
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function findNowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
