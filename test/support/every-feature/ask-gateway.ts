/** Everything that makes a gateway call AWS, request by request. Gives their statuses, by what they were for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createKey } from '../../../functions/adapters/key-admin.ts';
import { setLimits } from '../../../functions/adapters/meter-admin.ts';
import type { TableAccess } from '../../../functions/adapters/read-meter-items.ts';
import { ORIGIN_HEADER } from '../../../functions/env.ts';

export interface AskOptions {
  readonly url: string;
  readonly access: TableAccess;
  /** What is shown in the name of CloudFront. */
  readonly origin: string;
}

export type Statuses = { readonly [request: string]: number };

export async function askGateway({ url, access, origin }: AskOptions): Promise<Statuses> {
  await setLimits({ ...access, scope: 'team:run', limits: { limit_rpm: 1_000, budget_day_usd: 10 }, shards: 2 });
  const { key } = await createKey({ ...access, team: 'run', maxPriority: 9 });
  const statuses: { [request: string]: number } = {};
  const post = async (name: string, path: string, body: object, headers = {}): Promise<Response> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        [ORIGIN_HEADER]: origin,
        ...headers,
      },
      body: JSON.stringify(body),
    });
    statuses[name] = response.status;
    await response.text();
    return response;
  };
  const chat = (name: string, model: string, more: object = {}, headers = {}) =>
    post(
      name,
      '/v1/chat/completions',
      { model, messages: [{ role: 'user', content: 'Say [hello]' }], ...more },
      headers,
    );

  const answered = await chat('whole', 'plain');
  await chat('streamed', 'plain', { stream: true });
  const request_id = answered.headers.get('x-tollgate-request-id');
  await post('feedback', '/v1/feedback', { request_id, score: 1 });
  await chat('run once', 'plain', {}, { 'idempotency-key': 'one' });
  // Kept after its last byte.
  for (let round = 0; round < 100 && statuses['answered again'] !== 200; round += 1) {
    if (round > 0) await sleep(100);
    await chat('answered again', 'plain', {}, { 'idempotency-key': 'one' });
  }
  await chat('failed, and released', 'broken', {}, { 'idempotency-key': 'two' });
  await chat('bedrock', 'claude');
  await chat('bedrock, streamed', 'claude', { stream: true });
  await post('embeddings', '/v1/embeddings', { model: 'embedder', input: 'Hello' });

  const { id, key: narrow } = await createKey({ ...access, maxPriority: 9 });
  await setLimits({ ...access, scope: `key:${id}`, limits: { limit_parallel: 1 } });
  const inLine = (priority: string) =>
    chat(
      `waited, priority ${priority}`,
      'queued',
      {},
      { authorization: `Bearer ${narrow}`, 'x-tollgate-priority': priority },
    );
  await Promise.all([inLine('0'), inLine('5'), inLine('9')]);
  return statuses;
}
