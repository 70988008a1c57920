/** Hands a request on to another server, whole, and gives its whole answer. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Forwarded {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly content: Buffer;
}

export function forward(
  { method, headers, url = '/' }: Pick<IncomingMessage, 'method' | 'headers' | 'url'>,
  body: Buffer,
  target: string,
): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const forwarded = httpRequest(new URL(url, target), { method, headers: { ...headers, connection: 'close' } });
    forwarded.on('error', reject);
    forwarded.on('response', (answer) => {
      const { connection: _, 'transfer-encoding': __, ...kept } = answer.headers;
      buffer(answer).then((content) => resolve({ status: answer.statusCode ?? 500, headers: kept, content }), reject);
    });
    forwarded.end(body);
  });
}
