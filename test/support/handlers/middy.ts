/** A handler under middy, as the gateway's own is. */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import middy from '@middy/core';
import { executionModeStreamifyResponse } from '@middy/core/StreamifyResponse';
import type { FunctionUrlEvent } from '../../../local/function-event.ts';

export const ended: string[] = [];

async function* events(fail: boolean): AsyncGenerator<string> {
  for (let index = 0; index < 3; index += 1) {
    yield `data: ${index}\n\n`;
    await delay(10);
  }
  if (fail) throw new Error('planned: the source broke');
}

const respond = async (event: FunctionUrlEvent) => {
  const headers = { 'content-type': 'text/event-stream' };
  if (event.rawPath === '/throw') throw new Error('planned: middy');
  if (event.rawPath === '/text') return { statusCode: 200, headers, body: 'x'.repeat(200_000) };
  if (event.rawPath === '/empty') return { statusCode: 204, headers: { 'x-kept': 'yes' }, body: '' };
  return { statusCode: 200, headers, body: Readable.from(events(event.rawPath === '/break')) };
};

export const handler = middy<FunctionUrlEvent>({
  executionMode: executionModeStreamifyResponse,
  requestEnd: async () => {
    await delay(50);
    ended.push('end');
  },
})
  .before((request) => {
    request.context.callbackWaitsForEmptyEventLoop = false;
  })
  .handler(respond);
