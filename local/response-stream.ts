/**
 * The `responseStream` that a streaming handler gets, with the surface and the habits of the real runtime client's
 * (aws-lambda-nodejs-runtime-interface-client): a plain object in front of an HTTP request, so `instanceof Writable` is
 * false here too. What it takes goes into a `ResponseSink`.
 */
import { Writable } from 'node:stream';

/** Where the bytes of one invocation go: prelude and 8 NUL bytes in front, if the handler asked for them. */
export interface ResponseSink {
  /** Resolves when more may come: this is what makes `write` return false to a handler that is faster than its client. */
  write(chunk: Buffer, hasPrelude: boolean): Promise<void>;
  end(hasPrelude: boolean): Promise<void>;
  /** The invocation failed or ran out of time. What it still writes goes nowhere. */
  fail(): void;
}

type WriteCallback = (error: Error | null | undefined) => void;

interface RuntimeWritable extends Writable {
  setContentType(contentType: string): void;
  /** Called at the first `write`, and by nothing else: `end(chunk)` does not come past it. */
  _onBeforeFirstWrite?: ((write: (chunk: string | Uint8Array) => void) => void) | undefined;
}

const METHODS = [
  'addListener',
  'cork',
  'destroy',
  'emit',
  'end',
  'eventNames',
  'getMaxListeners',
  'listenerCount',
  'listeners',
  'off',
  'on',
  'once',
  'prependListener',
  'prependOnceListener',
  'rawListeners',
  'removeAllListeners',
  'removeListener',
  'setContentType',
  'setMaxListeners',
  'uncork',
  'write',
] as const;
const PROPERTIES = [
  '_onBeforeFirstWrite',
  'destroyed',
  'writable',
  'writableCorked',
  'writableEnded',
  'writableFinished',
  'writableHighWaterMark',
  'writableLength',
  'writableNeedDrain',
  'writableObjectMode',
] as const;

export type ResponseStream = Pick<RuntimeWritable, (typeof METHODS)[number] | (typeof PROPERTIES)[number]>;

export const PRELUDE_CONTENT_TYPE = 'application/vnd.awslambda.http-integration-response';
const PRELUDE_DELIMITER = new Uint8Array(8);

/** `awslambda.HttpResponseStream`. */
export const HttpResponseStream = {
  from(stream: ResponseStream, prelude: unknown): ResponseStream {
    stream.setContentType(PRELUDE_CONTENT_TYPE);
    stream._onBeforeFirstWrite = (write) => {
      write(JSON.stringify(prelude));
      write(PRELUDE_DELIMITER);
    };
    return stream;
  },
};

export interface InvocationStream {
  readonly stream: ResponseStream;
  /** Resolves when all bytes are with the sink, rejects where the stream was destroyed. */
  readonly finished: Promise<void>;
  /** Ends the stream as failed, behind what was written to it: the runtime client sends trailers there. */
  fail(): void;
}

export function createResponseStream(sink: ResponseSink, highWaterMark = 65_536): InvocationStream {
  let contentType = 'application/octet-stream';
  let written = false;
  let failed = false;
  const hasPrelude = () => contentType === PRELUDE_CONTENT_TYPE;

  const inner = new Writable({
    highWaterMark,
    write(chunk: Buffer, _encoding, done) {
      sink.write(chunk, hasPrelude()).then(() => done(), done);
    },
    final(done) {
      if (failed) {
        sink.fail();
        return done();
      }
      sink.end(hasPrelude()).then(() => done(), done);
    },
  });
  const writable: RuntimeWritable = Object.assign(inner, {
    setContentType(value: string) {
      if (written) throw new Error('Cannot set content-type, too late.');
      contentType = value;
    },
    write: countFirstWrite(inner.write.bind(inner), (write) => {
      if (!written) writable._onBeforeFirstWrite?.(write);
      written = true;
    }),
  });
  const finished = new Promise<void>((resolve, reject) => {
    inner.once('finish', resolve);
    inner.once('error', reject);
    inner.once('close', () => {
      if (!inner.writableFinished) reject(new Error('The response stream was destroyed before its end.'));
    });
  });
  // Looked at only once the handler is through; until then a failure must not count as unhandled.
  finished.catch(() => undefined);
  const fail = (): void => {
    failed = true;
    if (inner.destroyed || inner.writableEnded) sink.fail();
    else inner.end();
  };
  return { stream: expose(writable), finished, fail };
}

function countFirstWrite(write: Writable['write'], before: (write: (chunk: string | Uint8Array) => void) => void) {
  return (chunk: unknown, encoding?: BufferEncoding | WriteCallback, callback?: WriteCallback): boolean => {
    before((text) => write(text));
    const data = typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk);
    return typeof encoding === 'string' ? write(data, encoding, callback) : write(data, encoding ?? callback);
  };
}

function expose(inner: RuntimeWritable): ResponseStream {
  const stream = {};
  for (const name of METHODS) Object.defineProperty(stream, name, { value: inner[name].bind(inner), writable: true });
  for (const name of PROPERTIES) {
    const set = (value: unknown) => Reflect.set(inner, name, value);
    Object.defineProperty(stream, name, { get: () => inner[name], set });
  }
  return stream as ResponseStream;
}
