/** Starting and stopping HTTP servers on loopback, the same way for every emulator. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListenOptions {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** The URL that the server answers on, without a slash at its end. */
export async function listen(server: Server, options: ListenOptions): Promise<string> {
  const host = options.host ?? '127.0.0.1';
  // Node's default of 5 s lets a client's pooled connection die under its next request; AWS holds them for minutes.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Takes no new requests, lets those under way finish for at most `graceMs`, then cuts what is left. */
export async function closeServer(server: Server, graceMs = 2_000): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // `close` lets go of the connections that are idle now; one that becomes idle later would be kept for its time-out.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
