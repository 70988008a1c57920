import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConditionalCheckFailedException, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it, vi } from 'vitest';
import { classifyFailure, repeatable } from '../../../functions/adapters/dynamo-calls.ts';

type Answer = (respond: (status: number, body: string) => void, cut: () => void) => void;

/** What the SDK throws where a server of ours behaves so. */
async function failureOf(answer: Answer | 'closed'): Promise<unknown> {
  const server = createServer((request, response) => {
    const respond = (status: number, body: string) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
    };
    if (answer !== 'closed') answer(respond, () => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  if (answer === 'closed') await new Promise((resolve) => server.close(resolve));
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ requestTimeout: 50, throwOnRequestTimeout: true }),
  });
  try {
    await client.send(new GetItemCommand({ TableName: 'table', Key: { pk: { S: 'a' } } }));
    throw new Error('It answered.');
  } catch (error) {
    return error;
  } finally {
    client.destroy();
    server.closeAllConnections();
    if (answer !== 'closed') await new Promise((resolve) => server.close(resolve));
  }
}

const error = (type: string) => JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type });

describe('what the SDK throws', () => {
  it.each<readonly [string, Answer | 'closed', string]>([
    ['nobody listens', 'closed', 'busy'],
    ['the connection breaks', (_, cut) => cut(), 'unclear'],
    ['no answer comes', () => undefined, 'unclear'],
    ['a 500', (respond) => respond(500, error('InternalServerError')), 'unclear'],
    ['a 503 that is no JSON', (respond) => respond(503, '<html>'), 'unclear'],
    ['an answer that is cut', (respond) => respond(200, '{"Item":{"a":{"N":"1'), 'unclear'],
    ['throttling', (respond) => respond(400, error('ThrottlingException')), 'busy'],
    ['a hot partition', (respond) => respond(400, error('ProvisionedThroughputExceededException')), 'busy'],
    ['a condition', (respond) => respond(400, error('ConditionalCheckFailedException')), 'condition'],
    ['an expression', (respond) => respond(400, error('ValidationException')), 'expression'],
    ['no permission', (respond) => respond(400, error('AccessDeniedException')), 'refused'],
    ['no table', (respond) => respond(400, error('ResourceNotFoundException')), 'refused'],
  ])('where %s', async (_, answer, expected) => {
    expect(classifyFailure(await failureOf(answer))).toBe(expected);
  });
});

describe('repeatable', () => {
  const waits: number[] = [];
  const waiting = { random: () => 0.5, sleep: async (ms: number) => void waits.push(ms) };

  it('waits longer each time, and gives up', async () => {
    let calls = 0;
    const call = async () => {
      calls += 1;
      throw Object.assign(new Error('away'), { name: 'TimeoutError' });
    };
    await expect(repeatable('look', waiting, call)).rejects.toMatchObject({
      kind: 'ledger-unavailable',
      message: 'The ledger does not answer: could not look (TimeoutError).',
    });
    expect([calls, waits]).toEqual([3, [10, 20]]);
  });

  it('does not try again where DynamoDB cannot make sense of the call', async () => {
    const call = vi.fn(() => Promise.reject(Object.assign(new Error('what?'), { name: 'ValidationException' })));
    await expect(repeatable('look', waiting, call)).rejects.toMatchObject({
      kind: 'ledger-unavailable',
      message: 'The ledger does not answer: could not look (ValidationException).',
    });
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('lets a failed condition out at once, as it is', async () => {
    const failed = new ConditionalCheckFailedException({ message: '', $metadata: {} });
    await expect(repeatable('look', waiting, () => Promise.reject(failed))).rejects.toBe(failed);
  });
});
