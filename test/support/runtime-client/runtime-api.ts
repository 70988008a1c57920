/** The Runtime API of Lambda, `/2018-06-01/runtime/…`, as much of it as one function instance needs. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an invocation gave back. */
export interface Outcome {
  /** `streaming` where the function streamed. */
  readonly mode: string | undefined;
  readonly contentType: string | undefined;
  /** What stood before the eight NUL bytes: status, headers, cookies. */
  readonly prelude: { readonly statusCode: number; readonly headers: { readonly [name: string]: string } } | undefined;
  /** Behind the prelude, each with the time since the first byte of the answer, in milliseconds. */
  readonly chunks: readonly { readonly atMs: number; readonly text: string }[];
  readonly text: string;
  /** `Lambda-Runtime-Function-Error-Type` and the like: errors after the answer began. */
  readonly trailers: { readonly [name: string]: string | undefined };
  /** Posted to `/error`: the invocation failed before it answered. */
  readonly error: { readonly errorType: string; readonly errorMessage: string } | undefined;
}

export interface RuntimeApi {
  /** For `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Resolves when the instance has asked for its first invocation; rejects where it could not start. */
  readonly initialized: Promise<void>;
  /** Sends one event. `answered` is when the answer is whole, `idle` when the instance asks for more work. */
  invoke(event: unknown, timeoutMs?: number): { readonly answered: Promise<Outcome>; readonly idle: Promise<void> };
  /** The instance is gone: what it was doing will not be done. */
  fail(error: Error): void;
  close(): Promise<void>;
}

interface Pending {
  readonly id: string;
  readonly event: unknown;
  readonly deadlineMs: number;
  readonly answer: PromiseWithResolvers<Outcome>;
  readonly idle: PromiseWithResolvers<void>;
}

const NULS = Buffer.alloc(8);

export async function startRuntimeApi(): Promise<RuntimeApi> {
  const queue: Pending[] = [];
  const running = new Map<string, Pending>();
  const initialized = Promise.withResolvers<void>();
  let waiting: ServerResponse | undefined;
  let count = 0;

  const hand = (): void => {
    const next = waiting === undefined ? undefined : queue.shift();
    if (next === undefined || waiting === undefined) return;
    running.set(next.id, next);
    waiting.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': next.id,
      'lambda-runtime-deadline-ms': String(next.deadlineMs),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:gateway',
      'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
    });
    waiting.end(JSON.stringify(next.event));
    waiting = undefined;
  };

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://runtime');
    const [, id = '', what] = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/?(\w*)$/.exec(pathname) ?? [];
    if (id === 'next') {
      initialized.resolve();
      for (const [key, done] of running) {
        done.idle.resolve();
        running.delete(key);
      }
      waiting = response;
      hand();
      return;
    }
    void receive(request).then((outcome) => {
      response.writeHead(202).end('{"status":"OK"}');
      const pending = running.get(id);
      if (pathname.endsWith('/init/error')) initialized.reject(new Error(`init failed: ${outcome.text}`));
      else if (what === 'error') pending?.answer.resolve({ ...outcome, error: JSON.parse(outcome.text) });
      else pending?.answer.resolve(outcome);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    initialized: initialized.promise,
    invoke(event, timeoutMs = 900_000) {
      count += 1;
      const pending: Pending = {
        id: `00000000-0000-0000-0000-${String(count).padStart(12, '0')}`,
        event,
        deadlineMs: Date.now() + timeoutMs,
        answer: Promise.withResolvers<Outcome>(),
        idle: Promise.withResolvers<void>(),
      };
      queue.push(pending);
      hand();
      return { answered: pending.answer.promise, idle: pending.idle.promise };
    },
    fail(error) {
      initialized.reject(error);
      for (const { answer, idle } of [...running.values(), ...queue.splice(0)]) {
        answer.reject(error);
        idle.reject(error);
        idle.promise.catch(() => undefined);
      }
      running.clear();
    },
    async close() {
      waiting?.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function receive(request: IncomingMessage): Promise<Outcome> {
  const startedMs = performance.now();
  const integration = request.headers['content-type'] === 'application/vnd.awslambda.http-integration-response';
  let head: Buffer | undefined = integration ? Buffer.alloc(0) : undefined;
  let prelude: Outcome['prelude'];
  const chunks: { atMs: number; text: string }[] = [];
  const decoder = new TextDecoder();
  try {
    for await (const piece of request) {
      let chunk = piece as Buffer;
      if (head !== undefined) {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf(NULS);
        if (end === -1) continue;
        prelude = JSON.parse(head.toString('utf8', 0, end));
        chunk = head.subarray(end + NULS.length);
        head = undefined;
      }
      if (chunk.length > 0) {
        chunks.push({ atMs: performance.now() - startedMs, text: decoder.decode(chunk, { stream: true }) });
      }
    }
  } catch (cause) {
    chunks.push({ atMs: performance.now() - startedMs, text: `\n[the answer broke off: ${String(cause)}]` });
  }
  return {
    mode: request.headers['lambda-runtime-function-response-mode']?.toString(),
    contentType: request.headers['content-type'],
    prelude,
    chunks,
    text: chunks.map(({ text }) => text).join(''),
    trailers: request.trailers,
    error: undefined,
  };
}
