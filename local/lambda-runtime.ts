/**
 * What the Node.js runtime of Lambda does around a streaming handler: the global `awslambda`, finding the export,
 * the context, and what counts as a failed invocation.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createResponseStream, HttpResponseStream, type ResponseSink, type ResponseStream } from './response-stream.ts';

// The names under which the runtime client marks a handler that `streamifyResponse` was put around.
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

export interface LambdaContext {
  /** Kept for handlers that set it. Nothing waits here: the process has an event loop that is never empty. */
  callbackWaitsForEmptyEventLoop: boolean;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  getRemainingTimeInMillis(): number;
}

interface StreamingHandler {
  (event: unknown, stream: ResponseStream, context: LambdaContext): unknown;
  readonly [STREAMING]: 'response';
  readonly [HIGH_WATER_MARK]?: number;
}

/**
 * Must run before a handler module is imported: the module calls `streamifyResponse` while it is evaluated. The AWS SDK
 * makes an empty `awslambda` of its own (in `@aws/lambda-invoke-store`), so there may be one to complete.
 */
export function installAwsLambda(): void {
  const existing = Reflect.get(globalThis, 'awslambda');
  const awslambda = typeof existing === 'object' && existing !== null ? existing : {};
  Object.assign(awslambda, {
    streamifyResponse: (handler: object, options?: { readonly highWaterMark?: number }) =>
      Object.assign(handler, { [STREAMING]: 'response', [HIGH_WATER_MARK]: options?.highWaterMark }),
    HttpResponseStream,
  });
  Reflect.set(globalThis, 'awslambda', awslambda);
}

export async function loadHandler(file: string, name: string): Promise<StreamingHandler> {
  installAwsLambda();
  const path = resolve(file);
  const module = (await import(pathToFileURL(path).href)) as { readonly [name: string]: unknown };
  const handler = module[name];
  if (typeof handler !== 'function') throw new Error(`${path} has no function named "${name}" among its exports.`);
  if (!(STREAMING in handler)) {
    throw new Error(`The export "${name}" of ${path} does not stream: it is not made by awslambda.streamifyResponse.`);
  }
  return handler as unknown as StreamingHandler;
}

export function createContext(options: {
  readonly requestId: string;
  readonly functionName: string;
  readonly deadlineMs: number;
}): LambdaContext {
  const { requestId, functionName, deadlineMs } = options;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '512',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

/**
 * Resolves when the handler's promise has and its stream is finished; rejects where either fails. The runtime client
 * would wait for the end of a stream that was never ended until the function times out; here that fails at once, with
 * the error that the runtime client has for it.
 */
export async function invoke(
  handler: StreamingHandler,
  event: unknown,
  context: LambdaContext,
  sink: ResponseSink,
): Promise<void> {
  const { stream, finished, fail } = createResponseStream(sink, handler[HIGH_WATER_MARK]);
  try {
    const result = handler(event, stream, context);
    if (!isPromise(result)) throw new Error('Streaming does not support non-async handlers.');
    if ((await result) !== undefined) process.emitWarning('Streaming handlers ignore return values.');
    if (!stream.writableEnded && !stream.destroyed) throw new Error('Response stream is not finished.');
    await finished;
  } catch (error) {
    fail();
    throw error;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
