import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AttributeValue, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoKeyStore } from '../../functions/adapters/dynamo-keys.ts';
import { showMeter } from '../../functions/adapters/meter-admin.ts';
import { readDeployment } from '../../lib/deployment.ts';
import { OUTPUTS } from '../../lib/outputs.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { PROJECT } from './synthesize.ts';

const TABLE = 'tollgate';
const run = promisify(execFile);

let guide: string;
let folder: string;
let dynamodb: Awaited<ReturnType<typeof startDynamoDb>>;
let client: DynamoDBClient;

beforeAll(async () => {
  guide = await readFile(join(PROJECT, 'docs/first-deploy.md'), 'utf8');
  folder = await mkdtemp(join(tmpdir(), 'tollgate-guide-'));
  dynamodb = await startDynamoDb({ port: 0, dir: join(folder, 'tables'), table: TABLE });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint: dynamodb.url, region: 'us-east-1', credentials });
});

afterAll(async () => {
  client.destroy();
  await dynamodb.close();
  await rm(folder, { recursive: true, force: true });
});

describe('docs/first-deploy.md', () => {
  it('makes a key and a budget that the gateway takes, with the commands as they stand there', async () => {
    const commands = shellBlocks().filter((block) => block.includes('aws dynamodb put-item'));
    expect(commands).toHaveLength(2);
    const script = join(folder, 'guide.sh');
    // What `aws` would send, instead of the sending; everything else is the guide's.
    const preamble = `output() { echo "output of $1"; }
aws() { node -p 'JSON.stringify(process.argv.slice(1))' -- "$@" >> "${folder}/calls"; }
`;
    await writeFile(script, preamble + commands.join('\n'));
    const { stdout } = await run('sh', ['-e', script]);
    for (const line of (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')) {
      const words = JSON.parse(line) as readonly string[];
      expect(words.slice(0, 4)).toEqual(['dynamodb', 'put-item', '--table-name', `output of ${OUTPUTS.table}`]);
      const Item = JSON.parse(words[words.indexOf('--item') + 1] ?? '') as Record<string, AttributeValue>;
      await client.send(new PutItemCommand({ TableName: TABLE, Item }));
    }

    const keys = createDynamoKeyStore({ client, table: TABLE });
    expect(await keys.find(stdout.trim(), Date.now())).toEqual({ keyId: 'key_first', team: 'demo' });
    const meter = await showMeter({ client, table: TABLE, scope: 'team:demo' });
    expect(meter).toMatchObject({ limits: { budget_month_usd: 10, limit_rpm: 60 } });
    expect(meter).not.toHaveProperty('problem');
  });

  it('asks for outputs that the stack has', () => {
    const asked = [...guide.matchAll(/\$\(output (\w+)\)/g)].map(([, name]) => name);
    expect(asked.length).toBeGreaterThan(3);
    expect(Object.values(OUTPUTS)).toEqual(expect.arrayContaining(asked));
  });

  it('lists the options that there are', () => {
    const listed = [...guide.matchAll(/^\| `(tollgate:\w+)` \|/gm)].map(([, name]) => name);
    const refusal = (name: string) => {
      try {
        readDeployment({ [name]: Symbol('of no use') });
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(listed).toHaveLength(12);
    for (const name of listed) expect(refusal(name ?? '')).toMatch(new RegExp(`${name}: (?!no such option)`));
  });
});

function shellBlocks(): readonly string[] {
  return [...guide.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}
