/**
 * A small server for the AWS JSON protocols (1.0 and 1.1): `POST /` with the operation in `x-amz-target`. Signatures are
 * not checked, as on every emulator: it listens on loopback only. Besides the operations it serves plain JSON routes,
 * with which tests and the CLI steer an emulator.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import { formatPath } from '../functions/core/config.ts';
import { describeIssue } from '../functions/core/describe-issue.ts';
import { closeServer, listen } from './listen.ts';

/** The errors of a service, as the SDK clients expect them: `type` becomes the error's name over there. */
export class AwsError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.name = 'AwsError';
    this.type = type;
    this.status = status;
  }
}

export type Operation = (input: unknown) => unknown | Promise<unknown>;

export interface AwsJsonOptions {
  readonly host?: string;
  readonly port: number;
  /** What stands before the operation's name in `x-amz-target`: `Firehose_20150804`. */
  readonly target: string;
  readonly operations: { readonly [name: string]: Operation };
  /** `POST /flush`, `GET /stats`: what the real service does not have. */
  readonly routes?: { readonly [methodAndPath: string]: Operation };
}

export interface Emulator {
  readonly url: string;
  close(): Promise<void>;
}

/** The most that any of the emulated operations takes (DynamoDB's 16 MB). */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export async function startAwsJsonServer(options: AwsJsonOptions): Promise<Emulator> {
  const server = createServer((request, response) => {
    answer(request, options).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => {
        if (request.destroyed && !request.complete) return; // The client left in the middle of its request.
        const fault = error instanceof AwsError ? error : internal(error);
        send(response, fault.status, { __type: fault.type, message: fault.message });
      },
    );
  });
  const url = await listen(server, options);
  return { url, close: () => closeServer(server) };
}

async function answer(request: IncomingMessage, options: AwsJsonOptions): Promise<{ status: number; body: unknown }> {
  const text = await readBody(request);
  const route = options.routes?.[`${request.method} ${request.url}`];
  const operation = route ?? findOperation(request, options);
  return { status: 200, body: await operation(parseBody(text)) };
}

function findOperation(request: IncomingMessage, options: AwsJsonOptions): Operation {
  const target = request.headers['x-amz-target'];
  const [prefix, name = ''] = typeof target === 'string' ? target.split('.') : [];
  const operation = prefix === options.target ? options.operations[name] : undefined;
  if (request.method !== 'POST' || operation === undefined) {
    throw new AwsError('UnknownOperationException', `The emulator has no operation ${String(target)}.`);
  }
  return operation;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new AwsError('RequestEntityTooLargeException', 'The request is too large.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AwsError('SerializationException', `The body is not JSON: ${(cause as Error).message}`);
  }
}

/** Checks an operation's input. Members that the emulator does not know are ignored, as a service of AWS does. */
export function parseInput<T extends z.ZodMiniType>(schema: T, input: unknown): z.output<T> {
  const result = z.safeParse(schema, input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `'${formatPath(issue.path)}' failed to satisfy constraint: it ${describeIssue(issue, input)}`,
  );
  const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`;
  throw new AwsError('ValidationException', `${count}: ${problems.join('; ')}`);
}

function internal(error: unknown): AwsError {
  process.stderr.write(`emulator: ${error instanceof Error ? error.stack : String(error)}\n`);
  return new AwsError('InternalServiceError', 'The emulator failed; its standard error says why.', 500);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body ?? {});
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': randomUUID(),
  });
  response.end(text);
}
