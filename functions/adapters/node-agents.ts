/** Node's own connection pools, for clients that are built on them, with what Node leaves to its users. */
import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { isReset } from './reused-socket.ts';

export interface NodeAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  /** True for the error of a request whose connection had served another, and died without a byte for this one. */
  diedUnanswered(error: unknown): boolean;
  /** Closes the connections that nobody uses: where one was dead, the others are likely to be. */
  dropIdle(): void;
}

export function createNodeAgents(connectMs: number): NodeAgents {
  const options = { keepAlive: true, maxSockets: 256 };
  const httpAgent = new HttpAgent(options);
  const httpsAgent = new HttpsAgent(options);
  const unanswered = new WeakSet<object>();
  watch(httpAgent, 'connect');
  watch(httpsAgent, 'secureConnect');

  function watch(agent: Agent, connected: 'connect' | 'secureConnect'): void {
    const { createConnection, reuseSocket } = agent;
    // The handshake of TLS is included: an address that accepts and then says nothing is as bad as one that does not.
    agent.createConnection = (settings, callback) => {
      const socket = createConnection.call(agent, settings, callback);
      const timer = setTimeout(() => {
        // Named as undici names it, so that one table knows both.
        const error = new Error(`no connection within ${connectMs} ms`);
        socket?.destroy(Object.assign(error, { code: 'UND_ERR_CONNECT_TIMEOUT' }));
      }, connectMs);
      for (const event of [connected, 'close']) socket?.once(event, () => clearTimeout(timer));
      return socket;
    };
    agent.reuseSocket = (socket, request) => {
      reuseSocket.call(agent, socket, request);
      const { bytesRead } = socket as Socket;
      request.once('error', (error) => {
        if ((socket as Socket).bytesRead === bytesRead && isReset(error)) unanswered.add(error);
      });
    };
  }

  return {
    httpAgent,
    httpsAgent,
    diedUnanswered: (error) => typeof error === 'object' && error !== null && unanswered.has(error),
    dropIdle: () => {
      for (const agent of [httpAgent, httpsAgent]) {
        for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
      }
    },
  };
}
