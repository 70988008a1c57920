/** A handler without middy. The path says what it does. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionUrlEvent } from '../../../local/function-event.ts';
import type { LambdaContext } from '../../../local/lambda-runtime.ts';
import type { HttpResponseStream, ResponseStream } from '../../../local/response-stream.ts';

declare const awslambda: {
  streamifyResponse<T extends object>(handler: T): T;
  readonly HttpResponseStream: typeof HttpResponseStream;
};

/** What handlers did after nobody could see it any more. */
export const journal: string[] = [];

type Act = (event: FunctionUrlEvent, stream: ResponseStream, context: LambdaContext) => unknown;

const answer = (stream: ResponseStream, prelude: unknown): ResponseStream =>
  awslambda.HttpResponseStream.from(stream, prelude);

const json = (stream: ResponseStream, value: unknown): void => {
  const out = answer(stream, { statusCode: 200, headers: { 'content-type': 'application/json' } });
  out.write(JSON.stringify(value));
  out.end();
};

const acts: { readonly [path: string]: Act } = {
  '/echo': async (event, stream, context) => {
    const { getRemainingTimeInMillis, ...plain } = context;
    json(stream, { event, context: { ...plain, remaining: getRemainingTimeInMillis() } });
  },
  '/bytes': async (event, stream) => {
    const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
    json(stream, { length: bytes.length, hex: bytes.subarray(0, 16).toString('hex') });
  },
  '/prelude': async (_event, stream) => {
    const out = answer(stream, {
      statusCode: 201,
      headers: { 'X-One': 'eins', 'x-number': 7, 'content-length': '3', connection: 'close', 'transfer-encoding': 'x' },
      cookies: ['a=1; Path=/', 'b=2'],
    });
    out.write('first ');
    await delay(40);
    out.write(new TextEncoder().encode('second '));
    out.write({ third: 3 } as unknown as string);
    out.end(' last');
  },
  /** The head is out with an empty write, the body only when the test says so. */
  '/flush': async (event, stream) => {
    const out = answer(stream, { statusCode: 202, headers: { 'content-type': 'text/plain' } });
    await delay(Number(event.queryStringParameters?.quiet ?? 0));
    out.write('');
    await delay(Number(event.queryStringParameters?.wait ?? 0));
    out.end('done');
  },
  '/no-prelude': async (_event, stream) => {
    stream.write('plain');
    stream.end();
  },
  '/end-only': async (_event, stream) => {
    answer(stream, { statusCode: 404, headers: { 'x-lost': 'yes' } }).end();
  },
  '/end-with-text': async (_event, stream) => {
    answer(stream, { statusCode: 404 }).end('Not Found');
  },
  '/late-content-type': async (_event, stream) => {
    stream.write('early');
    answer(stream, { statusCode: 500 });
  },
  '/throw-before': async () => {
    throw new Error('planned: before the head');
  },
  '/throw-after': async (_event, stream) => {
    answer(stream, { statusCode: 200, headers: { 'content-type': 'text/event-stream' } }).write('data: 1\n\n');
    throw new Error('planned: after the head');
  },
  '/destroy': async (_event, stream) => {
    answer(stream, { statusCode: 200 }).write('half');
    await delay(20);
    stream.destroy(new Error('planned: destroyed'));
  },
  '/unfinished': async (_event, stream) => {
    answer(stream, { statusCode: 200 }).write('half');
  },
  '/silent': async () => undefined,
  '/not-async': () => undefined,
  '/bad-prelude': async (_event, stream) => {
    answer(stream, { statusCode: 'teapot' }).write('x');
    stream.end();
  },
  '/bad-header': async (_event, stream) => {
    answer(stream, { statusCode: 200, headers: { 'x-bad': 'a\nb' } }).write('x');
    stream.end();
  },
  '/huge-prelude': async (_event, stream) => {
    answer(stream, { statusCode: 200, headers: { 'x-big': 'x'.repeat(20_000) } }).write('x');
    stream.end();
  },
  '/after-end': async (_event, stream) => {
    json(stream, { ok: true });
    await told();
    journal.push('after-end');
  },
  '/gated': async (_event, stream) => {
    const out = answer(stream, { statusCode: 202 });
    out.write('begun');
    await told();
    out.end(', done');
  },
  '/long': async (_event, stream) => {
    const out = answer(stream, { statusCode: 200 });
    for (let index = 0; index < 10; index += 1) {
      out.write(`${index}\n`);
      await delay(20);
    }
    out.end();
    journal.push('long');
  },
  /** Writes until it is told to wait, and says how far it came. */
  '/fast': async (_event, stream) => {
    const out = answer(stream, { statusCode: 200 });
    const chunk = Buffer.alloc(65_536, 'x');
    let bytes = 0;
    let waits = 0;
    while (bytes < 64 * 1024 * 1024) {
      bytes += chunk.length;
      if (out.write(chunk)) continue;
      waits += 1;
      journal.push(`fast ${bytes}`);
      await new Promise((resolve) => out.once('drain', resolve));
    }
    out.end();
    journal.push(`fast done after ${waits} waits`);
  },
  '/stuck': async (_event, stream) => {
    answer(stream, { statusCode: 200 }).write('begun');
    await delay(400);
    stream.end('too late');
    journal.push('stuck');
  },
  '/stuck-silent': async (_event, stream) => {
    await delay(400);
    stream.end();
  },
};

/** Tests say by the journal when a handler may go on: no pause is long enough for every machine. */
async function told(): Promise<void> {
  while (!journal.includes('go')) await delay(5);
}

export const handler = awslambda.streamifyResponse(((event, stream, context) => {
  const act = acts[event.rawPath];
  if (act === undefined) throw new Error(`no such path: ${event.rawPath}`);
  return act(event, stream, context);
}) satisfies Act);

export const plain = async () => ({ statusCode: 200 });
