/** A request and its answer, whatever carries them: the Lambda event today, a plain HTTP server where that fits better. */
import type { Readable } from 'node:stream';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
}

export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | Readable;
}

export function jsonResponse(
  statusCode: number,
  body: unknown,
  headers: { readonly [name: string]: string } = {},
): HttpResponse {
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
