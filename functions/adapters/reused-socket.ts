/**
 * Whether a request failed only because its connection had died while nobody looked. A Lambda environment is frozen
 * between requests, its timers with it: connections that the other side has closed meanwhile are found out by the next
 * request that is written to them (aws/aws-sdk-js-v3 #1196). Such a request was not answered with a single byte, and
 * may be sent again at once, on a new connection.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { codeOf } from './upstream-error.ts';

const RESETS: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET']);

export function isReset(error: unknown): boolean {
  return RESETS.has(codeOf(error) ?? '');
}

interface Sent {
  readonly socket: Socket;
  readonly isReused: boolean;
  /** By the connection, before this request was written to it. */
  readonly bytesRead: number;
}

export interface SocketWatch {
  /** True where the request with this body was written to a connection that had served another, and died unanswered. */
  diedUnanswered(body: Buffer, error: unknown): boolean;
  close(): void;
}

const CHANNEL = 'undici:client:sendHeaders';

/** undici tells on its channel which request goes out on which connection, and nowhere else. */
export function watchSockets(): SocketWatch {
  const sent = new WeakMap<object, Sent>();
  const seen = new WeakSet<Socket>();
  const look = (message: unknown): void => {
    const { socket, body } = readMessage(message);
    if (socket === undefined) return;
    if (body !== undefined) sent.set(body, { socket, isReused: seen.has(socket), bytesRead: socket.bytesRead });
    seen.add(socket);
  };
  subscribe(CHANNEL, look);
  return {
    diedUnanswered(body, error) {
      const entry = sent.get(body);
      return entry?.isReused === true && entry.socket.bytesRead === entry.bytesRead && isReset(error);
    },
    close: () => {
      unsubscribe(CHANNEL, look);
    },
  };
}

function readMessage(message: unknown): { readonly socket?: Socket; readonly body?: Buffer } {
  if (typeof message !== 'object' || message === null || !('socket' in message && 'request' in message)) return {};
  const { socket, request } = message;
  if (!(socket instanceof Socket) || typeof request !== 'object' || request === null) return {};
  return 'body' in request && Buffer.isBuffer(request.body) ? { socket, body: request.body } : { socket };
}
