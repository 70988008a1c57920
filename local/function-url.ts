/**
 * A Lambda function URL in streaming mode, on loopback, driving the real handler. It differs from AWS where it must:
 * one process serves all requests (AWS gives each its own environment), a handler that has run out of time cannot be
 * killed (its client is cut off, its code runs on), and bodies up to 20 MB get through, so that the handler's own limit
 * is what a user meets (AWS stops at 6 MB).
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createFunctionUrlEvent } from './function-event.ts';
import { createContext, invoke, loadHandler } from './lambda-runtime.ts';
import { closeServer, listen } from './listen.ts';
import { createResponseFront, report } from './response-front.ts';

export interface FunctionUrlOptions {
  /** Path of the module that exports the handler. */
  readonly module: string;
  readonly handlerName?: string;
  readonly functionName?: string;
  readonly host?: string;
  readonly port: number;
  readonly timeoutMs?: number;
  /** How long `close` waits for handlers that still work. */
  readonly closeMs?: number;
}

export interface FunctionUrl {
  readonly url: string;
  /** Invocations whose handler has not come back yet. */
  pending(): number;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 20 * 1024 * 1024;
/** The most that Lambda allows. */
const MAX_TIMEOUT_MS = 900_000;

export async function startFunctionUrl(options: FunctionUrlOptions): Promise<FunctionUrl> {
  const { functionName = 'tollgate', timeoutMs = MAX_TIMEOUT_MS, closeMs = 10_000 } = options;
  const handler = await loadHandler(options.module, options.handlerName ?? 'handler');
  const invocations = new Set<Promise<void>>();

  const run = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, response);
    if (body === undefined) return;
    const requestId = randomUUID();
    const nowMs = Date.now();
    const event = createFunctionUrlEvent(request, { requestId, nowMs, body });
    const context = createContext({ requestId, functionName, deadlineMs: nowMs + timeoutMs });
    const front = createResponseFront(response, requestId);
    const timer = setTimeout(() => {
      report(requestId, `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`, undefined);
      front.fail();
    }, timeoutMs).unref();
    try {
      await invoke(handler, event, context, front);
    } catch (error) {
      report(requestId, 'Invoke Error', error);
    } finally {
      clearTimeout(timer);
    }
  };

  const server = createServer((request, response) => {
    const invocation = run(request, response).finally(() => invocations.delete(invocation));
    invocations.add(invocation);
  });
  const url = await listen(server, options);
  return {
    url,
    pending: () => invocations.size,
    async close() {
      const closed = closeServer(server, closeMs);
      // A handler may still settle and record after its client has everything, or has gone.
      await Promise.race([Promise.all(invocations), delay(closeMs)]);
      await closed;
    },
  };
}

/** Undefined where there is nothing to invoke for: the body is too large, or the client left in its middle. */
async function readBody(request: IncomingMessage, response: ServerResponse): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        const text = JSON.stringify({ Message: 'Request Entity Too Large' });
        response.writeHead(413, { 'content-type': 'application/json', connection: 'close' }).end(text);
        request.resume(); // Read to the end: a client that is still sending would see a reset instead of the answer.
        return undefined;
      }
      chunks.push(chunk);
    }
  } catch {
    return undefined; // The client left; there is nobody to answer.
  }
  return Buffer.concat(chunks);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
