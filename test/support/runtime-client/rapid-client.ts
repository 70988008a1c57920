/**
 * The four calls of the runtime client's native addon, which is libcurl speaking to the Runtime API. All else, streaming
 * among it, is the client's own JavaScript.
 */
import { request } from 'node:http';

const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

interface Answer {
  readonly body: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** What was posted last; the addon would block until it is through. */
let posted: Promise<unknown> = Promise.resolve();

export function initializeClient(): void {}

export async function next(): Promise<{ readonly bodyJson: string; readonly headers: Answer['headers'] }> {
  await posted;
  const { body, headers } = await send('GET', '/next', '', {});
  return { bodyJson: body, headers };
}

export function done(id: string, body: string): void {
  posted = send('POST', `/${id}/response`, body, {});
}

export function error(id: string, body: string, xray: string): void {
  posted = send('POST', `/${id}/error`, body, { 'lambda-runtime-function-xray-error-cause': xray.slice(0, 1_000) });
}

function send(
  method: string,
  path: string,
  body: string,
  headers: { readonly [name: string]: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(`${base}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ body: text, headers: response.headers }));
    });
    call.once('error', reject);
    call.end(body);
  });
}
