/**
 * The front of a function URL: reads what an invocation sends (prelude, 8 NUL bytes, body) and answers the client.
 *
 * What it does on failure: before the head is out, 502. After it there is no way left to say so: the body is cut, and
 * the client sees the status that it got and a connection that ends in the middle. When the client leaves, the
 * function never learns of it: the rest of its answer is taken and dropped.
 */
import type { ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import type { ResponseSink } from './response-stream.ts';

const DELIMITER = Buffer.alloc(8);
/** The prelude and its delimiter must be within the first 16 kB of the stream. */
const MAX_PRELUDE_BYTES = 16_384;

const preludeSchema = z.object({
  statusCode: z._default(z.int().check(z.gte(200), z.lte(599)), 200),
  headers: z.nullish(z.record(z.string(), z.nullish(z.union([z.string(), z.number(), z.boolean()])))),
  cookies: z.nullish(z.array(z.string())),
});
type Prelude = z.output<typeof preludeSchema>;

/** They belong to the connection, which is the front's. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** A stream has no length in front: the function's own word for it goes out under another name. */
const REMAPPED = new Set(['content-length']);

export function createResponseFront(response: ServerResponse, requestId: string): ResponseSink {
  let pending: Buffer = Buffer.alloc(0);
  let dropped = false;
  response.on('error', () => undefined); // Only ever the client's leaving; `close` follows.
  response.setHeader('x-amzn-requestid', requestId);

  const fail = (): void => {
    if (dropped) return;
    dropped = true;
    if (response.headersSent) {
      // Not at once: what was written would be lost, and a client of AWS gets it.
      setImmediate(() => response.socket?.destroySoon());
    } else {
      sendBadGateway(response);
    }
  };
  const sendHead = (prelude: Prelude): boolean => {
    try {
      response.writeHead(prelude.statusCode, toHeaders(prelude));
      response.flushHeaders();
      return true;
    } catch (error) {
      report(requestId, 'The prelude has a header that cannot be sent', error);
      fail();
      return false;
    }
  };
  const send = async (chunk: Buffer): Promise<void> => {
    if (chunk.length === 0 || response.destroyed) return;
    if (response.write(chunk)) return;
    await drained(response);
  };
  const readPrelude = async (chunk: Buffer): Promise<void> => {
    pending = Buffer.concat([pending, chunk]);
    const end = pending.indexOf(DELIMITER);
    if (end === -1) {
      if (pending.length <= MAX_PRELUDE_BYTES) return;
      report(requestId, `There is no prelude in the first ${MAX_PRELUDE_BYTES} bytes`, undefined);
      return fail();
    }
    const prelude = parsePrelude(pending.toString('utf8', 0, end), requestId);
    if (prelude === undefined) return fail();
    const rest = pending.subarray(end + DELIMITER.length);
    if (sendHead(prelude)) await send(rest);
  };

  return {
    async write(chunk, hasPrelude) {
      if (dropped) return;
      if (!response.headersSent && hasPrelude) return readPrelude(chunk);
      if (!response.headersSent && !sendHead({ statusCode: 200 })) return;
      await send(chunk);
    },
    async end(hasPrelude) {
      if (dropped || response.destroyed) return;
      // An empty answer is 200, and whatever the prelude would have said is lost with it; text in the prelude's place
      // is 502. So it is on AWS (aws-lambda-nodejs-runtime-interface-client issue 97): write before you end.
      if (!response.headersSent && hasPrelude && pending.length > 0) return fail();
      if (!response.headersSent && !sendHead({ statusCode: 200 })) return;
      await new Promise<void>((resolve) => {
        response.once('close', resolve);
        response.end(resolve);
      });
    },
    fail,
  };
}

function parsePrelude(text: string, requestId: string): Prelude | undefined {
  try {
    return z.parse(preludeSchema, JSON.parse(text));
  } catch (error) {
    report(requestId, 'The prelude is not valid', error);
    return undefined;
  }
}

function toHeaders(prelude: Prelude): { [name: string]: string | string[] } {
  const headers: { [name: string]: string | string[] } = { 'content-type': 'application/octet-stream' };
  for (const [key, value] of Object.entries(prelude.headers ?? {})) {
    const name = key.toLowerCase();
    if (value === null || value === undefined || HOP_BY_HOP.has(name)) continue;
    headers[REMAPPED.has(name) ? `x-amzn-remapped-${name}` : name] = String(value);
  }
  const cookies = prelude.cookies ?? [];
  if (cookies.length > 0) headers['set-cookie'] = [...cookies];
  return headers;
}

function sendBadGateway(response: ServerResponse): void {
  const text = 'Internal Server Error';
  response.writeHead(502, { 'content-type': 'application/json', 'content-length': text.length });
  response.end(text);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}

/** What would be in the function's log. */
export function report(requestId: string, what: string, error: unknown): void {
  const detail =
    error === undefined ? '' : `: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  process.stderr.write(`${requestId} ${what}${detail}\n`);
}
