/** A provider that answers as a test tells it to, for what the simulated ones would never do. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HostileProvider {
  readonly url: string;
  /** Connections that were ever opened. */
  connections(): number;
  requests(): number;
  close(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, model: string) => void;

export async function startHostileProvider(answer: Answer): Promise<HostileProvider> {
  let connections = 0;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { model } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly model: string };
      answer(request, response, model);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    requests: () => requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const SSE = { 'content-type': 'text/event-stream' };

export function sendEvents(response: ServerResponse, events: readonly object[]): void {
  response.writeHead(200, SSE);
  for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
}

/** A piece of a stream of Chat Completions. */
export const chatChunk = (delta: object, finish: string | null = null): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
