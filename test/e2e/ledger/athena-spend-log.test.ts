/** The adapter to Athena against a server that speaks its protocol: what it asks, and what it makes of the answers. */
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { AthenaClient } from '@aws-sdk/client-athena';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAthenaSpendLog } from '../../../functions/adapters/athena-spend-log.ts';
import { spendQuery } from '../../../functions/records/spend-query.ts';
import { closeServer, listen } from '../../../local/listen.ts';

const FROM = Date.UTC(2026, 10, 1);
const TO = Date.UTC(2026, 10, 23);

interface Call {
  readonly operation: string;
  readonly input: { readonly [name: string]: unknown };
}

let server: Server;
let client: AthenaClient;
let calls: Call[] = [];
/** Of the query, one a look; the last one stays. */
let states: string[] = [];
let pages: readonly (readonly (readonly [string, string])[])[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    void json(request).then((body) => {
      const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      const input = body as Call['input'];
      calls.push({ operation, input });
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify(answer(operation, input)));
    });
  });
  const endpoint = await listen(server, { port: 0 });
  client = new AthenaClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
beforeEach(() => {
  calls = [];
});
afterAll(async () => {
  client?.destroy();
  await closeServer(server);
});

function answer(operation: string, input: Call['input']): object {
  switch (operation) {
    case 'StartQueryExecution':
      return { QueryExecutionId: 'query-1' };
    case 'GetQueryExecution': {
      const State = states.length > 1 ? states.shift() : states[0];
      const Status = {
        State,
        ...(State === 'FAILED' ? { StateChangeReason: 'Bytes scanned limit was exceeded' } : {}),
      };
      return { QueryExecution: { QueryExecutionId: input.QueryExecutionId, Status } };
    }
    default: {
      const page = Number(input.NextToken ?? 0);
      const Rows = pages[page]?.map((row) => ({ Data: row.map((VarCharValue) => ({ VarCharValue })) }));
      return { ResultSet: { Rows }, ...(page + 1 < pages.length ? { NextToken: String(page + 1) } : {}) };
    }
  }
}

const log = () =>
  createAthenaSpendLog({ client, workgroup: 'tollgate', database: 'tollgate', sleep: async () => undefined });

describe('the request log in Athena', () => {
  it('is asked in the workgroup and read page by page, the first row of all being names', async () => {
    states = ['QUEUED', 'RUNNING', 'SUCCEEDED'];
    pages = [
      [
        ['scope', 'nano'],
        ['org', '12345678901'],
      ],
      [['team:search', '7']],
    ];
    expect(await log().spend(FROM, TO)).toEqual(
      new Map([
        ['org', 12_345_678_901],
        ['team:search', 7],
      ]),
    );
    expect(calls.map(({ operation }) => operation)).toEqual([
      'StartQueryExecution',
      'GetQueryExecution',
      'GetQueryExecution',
      'GetQueryExecution',
      'GetQueryResults',
      'GetQueryResults',
    ]);
    expect(calls[0]?.input).toMatchObject({
      QueryString: spendQuery('trino', FROM, TO),
      QueryExecutionContext: { Database: 'tollgate' },
      WorkGroup: 'tollgate',
    });
  });

  it('says nothing was spent where there are no rows', async () => {
    states = ['SUCCEEDED'];
    pages = [[['scope', 'nano']]];
    expect(await log().spend(FROM, TO)).toEqual(new Map());
  });

  it.each([
    ['FAILED', /Athena failed query-1: Bytes scanned limit was exceeded/],
    ['CANCELLED', /Athena cancelled query-1/],
    ['RUNNING', /has not finished query-1 within 3 minutes/],
  ])('is no answer, and never an empty one, when its query is %s', async (state, message) => {
    states = [state];
    await expect(log().spend(FROM, TO)).rejects.toThrow(message);
  });

  it('is no answer either where a sum is none', async () => {
    states = ['SUCCEEDED'];
    pages = [
      [
        ['scope', 'nano'],
        ['org', 'plenty'],
      ],
    ];
    await expect(log().spend(FROM, TO)).rejects.toThrow('a row that is no sum');
  });
});
