/** Stands in front of an emulator and makes it as bad as networks and services are. */
import { createServer, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer, listen } from '../../local/listen.ts';
import { forward } from './forward.ts';

/**
 * `hang`: no answer ever comes. `drop-before` and `drop-after`: the connection breaks before the request is handed on,
 * or after it has been applied. `arrive-late`: it is applied once whoever sent it has given up. A number delays the
 * answer by so many milliseconds.
 */
export type ProxyFault = 'hang' | 'drop-before' | 'drop-after' | 'arrive-late' | 'throttle' | 'error-500' | number;

/** Over what the gateway waits for an answer: two seconds. */
const LATE_MS = 2_300;

export interface ProxyCall {
  /** `UpdateItem`, … */
  readonly operation: string;
  readonly body: string;
}

export interface FaultProxy {
  readonly url: string;
  /** How many calls have come. */
  calls(): number;
  /** How many are still to arrive late. */
  late(): number;
  /** From now on. */
  decide(fault: (call: ProxyCall) => ProxyFault | undefined): void;
  close(): Promise<void>;
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let decide: (call: ProxyCall) => ProxyFault | undefined = () => undefined;
  let calls = 0;
  let late = 0;
  const server = createServer((request, response) => {
    void buffer(request).then(async (body) => {
      calls += 1;
      const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      const fault = decide({ operation, body: body.toString() });
      if (fault === 'hang') return;
      if (fault === 'drop-before') {
        request.socket.destroy();
        return;
      }
      if (fault === 'throttle') return refuse(response, 400, 'ProvisionedThroughputExceededException');
      if (fault === 'error-500') return refuse(response, 500, 'InternalServerError');
      const breakOff = (): void => {
        request.socket.destroy();
      };
      if (fault === 'arrive-late') {
        late += 1;
        await sleep(LATE_MS);
      }
      const forwarded = forward(request, body, target);
      if (fault === 'arrive-late') void forwarded.catch(() => undefined).then(() => (late -= 1));
      forwarded.then(({ status, headers, content }) => {
        if (fault === 'drop-after') return breakOff();
        const answerNow = () => response.writeHead(status, headers).end(content);
        setTimeout(answerNow, typeof fault === 'number' ? fault : 0);
      }, breakOff);
    });
  });
  const url = await listen(server, { port: 0 });
  return {
    url,
    calls: () => calls,
    late: () => late,
    decide(fault) {
      decide = fault;
    },
    async close() {
      server.closeAllConnections();
      await closeServer(server);
    },
  };
}

function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type }));
}
