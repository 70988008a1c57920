import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Template } from 'aws-cdk-lib/assertions';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ENV } from '../../functions/env.ts';
import { loadConfig } from '../../lib/load-config.ts';
import { openLake } from '../../local/lake.ts';
import { type SimulatedProviders, startSimulatedProviders } from '../../local/providers/index.ts';
import { staticImports } from '../support/static-imports.ts';
import { type Assembly, cdkSynth } from './cdk-synth.ts';
import { permissions } from './permissions.ts';
import { PROJECT } from './synthesize.ts';

/** What a first request can read at the most: the code and the price catalogue. */
const MOST_CODE = 1_500_000;
/** Loaded by the first request that counts tokens or reaches Bedrock, and by no other. */
const LATE = /js-tiktoken|client-bedrock-runtime/;

let folder: string;
let configFile: string;
let providers: SimulatedProviders;
let assembly: Assembly;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-asset-'));
  providers = await startSimulatedProviders();
  configFile = join(folder, 'gateway.yaml');
  await writeFile(
    configFile,
    `providers:
  openai: { dialect: openai-chat, baseUrl: '${providers.openaiBaseUrl}', secret: openai }
  bedrock: { dialect: bedrock-converse }
models:
  smart:
    targets: [{ provider: openai, model: gpt-4o-mini }]
  aws:
    targets: [{ provider: bedrock, model: amazon.nova-lite-v1:0 }]
`,
  );
  assembly = await cdkSynth(join(folder, 'first'), configFile);
});

afterAll(async () => {
  await providers.close();
  await rm(folder, { recursive: true, force: true });
});

describe('cdk synth, with no account, network or credentials', () => {
  it('gives the same template and code each time, wherever they go', async () => {
    const second = await cdkSynth(join(folder, 'second'), configFile);
    expect(second.templateText).toBe(assembly.templateText);
    expect((await readdir(second.gateway.asset)).sort()).toEqual((await readdir(assembly.gateway.asset)).sort());
  });

  it('puts the checked configuration beside the code', async () => {
    const bundled: unknown = JSON.parse(await readFile(join(assembly.gateway.asset, configFileName(assembly)), 'utf8'));
    expect(bundled).toEqual(loadConfig(configFile));
  });

  it('stops at a broken configuration, with the path and the reason', async () => {
    const broken = join(folder, 'broken.yaml');
    await writeFile(broken, 'providers:\n  openai: { dialect: openai-chat, baseUrl: not-a-url }\n');
    await expect(cdkSynth(join(folder, 'broken'), broken)).rejects.toThrow(
      /broken\.yaml is not a valid configuration:\s+providers\.openai\.baseUrl: /,
    );
  });
});

describe('the bundle', () => {
  it('is small, and keeps the price catalogue, the client of Bedrock and what looks at requests out of what a start reads', async () => {
    const chunks = await chunksOf(assembly.gateway.asset);
    const early = chunks.filter(({ sources }) => !sources.some((source) => LATE.test(source)));
    const sum = (list: typeof chunks): number => list.reduce((total, { size }) => total + size, 0);
    const catalogue = await catalogueOf(assembly.gateway.asset);
    const read = sum(early) + (await stat(join(assembly.gateway.asset, catalogue))).size;
    console.info(
      `The bundle: ${kilobytes(read)} in ${early.length + 1} files, ${kilobytes(sum(chunks) - sum(early))} loaded late.`,
    );
    expect(read).toBeLessThan(MOST_CODE);
    const initial = staticImports(assembly.gateway.asset);
    expect(initial).not.toContain(catalogue);
    const sources = (await Promise.all(initial.map((file) => sourcesOf(assembly.gateway.asset, file)))).flat();
    expect(sources.some((source) => source.includes('functions/gateway/'))).toBe(true);
    expect(sources.filter((source) => LATE.test(source) || source.includes('records/observe'))).toEqual([]);
    // The full zod is eight times the mini one, and the CDK's and the command line's alone.
    expect(
      sources.filter((source) => /zod\/v4\/classic|undici\/lib\/(websocket|eventsource|mock)/.test(source)),
    ).toEqual([]);
  });

  it('holds what the gateway runs, and nothing of the tools around it', async () => {
    const sources = await allSourcesOf(assembly.gateway.asset);
    const packages = new Set(
      sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []),
    );
    expect([...packages]).toEqual(expect.arrayContaining(['@aws-sdk/client-dynamodb', '@middy/core', 'undici']));
    for (const tool of ['yaml', 'commander', 'dynalite', '@duckdb/node-api', 'aws-cdk-lib', 'zod-to-json-schema']) {
      expect(packages, tool).not.toContain(tool);
    }
    const own = sources.filter((source) => !source.includes('node_modules/'));
    expect(own.length).toBeGreaterThan(20);
    expect(
      own.filter((source) => !/^\.\.\/\.\.\/(functions\/|lib\/lean-undici\.mjs$|package\.json$)/.test(source)),
    ).toEqual([]);
  });
});

/** Made by the SDK itself, and only where endpoint discovery was switched on, which it is not. */
const NEVER_CALLED = ['dynamodb:DescribeEndpoints'];
/** One operation of the SDK's, sent to the paths of all: `Converse` asks for the permission of `InvokeModel`. */
const CALLED_BY_PATH: Readonly<Record<string, readonly string[]>> = {
  'bedrock:InvokeModelWithResponseStream': ['bedrock:InvokeModel'],
};
/** Athena reads the log with the rights of whoever asks it. */
const CALLED_BY_ATHENA = [
  'glue:GetDatabase',
  'glue:GetPartitions',
  'glue:GetTable',
  's3:GetBucketLocation',
  's3:GetObject',
  's3:ListBucket',
];
const SERVICES: Readonly<Record<string, string>> = {
  'bedrock-runtime': 'bedrock',
  dynamodb: 'dynamodb',
  firehose: 'firehose',
  'secrets-manager': 'secretsmanager',
};

describe('the permissions', () => {
  it.each(['Gateway', 'Upkeep'] as const)('of %s are exactly the AWS calls that its code can make', async (name) => {
    // The bundler leaves out what is not used: a call that is in the bundle is one that somewhere is made.
    const asset = name === 'Gateway' ? assembly.gateway.asset : assembly.upkeep.asset;
    const calls = (await allSourcesOf(asset)).flatMap((source) => {
      const [, client, action] = /@aws-sdk\/client-([a-z-]+)\/.*\/(\w+)Command\.js$/.exec(source) ?? [];
      const call = `${SERVICES[client ?? ''] ?? client}:${action}`;
      const inTurn = call === 'athena:StartQueryExecution' ? CALLED_BY_ATHENA : (CALLED_BY_PATH[call] ?? []);
      return client === undefined ? [] : [call, ...inTurn];
    });
    const allowed = permissions(Template.fromString(assembly.templateText))
      .filter(({ role }) => role === `<${name}Role>`)
      .flatMap(({ actions }) => actions)
      .filter((action) => !action.startsWith('logs:'));
    expect([...new Set(allowed)].sort()).toEqual(
      [...new Set(calls)].filter((call) => !NEVER_CALLED.includes(call)).sort(),
    );
  });
});

describe('the bundled code, in a process of its own', () => {
  let child: ChildProcess;
  let served: { readonly url: string; readonly firehose: string; readonly key: string };
  let data: string;
  let errors = '';

  beforeAll(async () => {
    data = join(folder, 'data');
    await mkdir(data);
    const script = fileURLToPath(new URL('./serve-asset.ts', import.meta.url));
    const args = [script, assembly.gateway.asset, configFileName(assembly), data, configFile];
    child = spawn(process.execPath, args, { cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    served = await new Promise((resolve, reject) => {
      if (child.stdout !== null) createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line)));
      child.once('exit', () => reject(new Error(`The bundled code did not start:\n${errors}`)));
    });
  });

  afterAll(async () => {
    if (child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  });

  it("streams an answer to the official SDK, and writes the request's row", async () => {
    const client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: served.key, maxRetries: 0 });
    const stream = await client.chat.completions.create({
      model: 'smart',
      messages: [{ role: 'user', content: 'Say hello in a sentence.' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let finish: string | null | undefined;
    let usage: OpenAI.CompletionUsage | null | undefined;
    let chunks = 0;
    for await (const chunk of stream) {
      chunks += 1;
      text += chunk.choices[0]?.delta.content ?? '';
      finish ??= chunk.choices[0]?.finish_reason;
      usage ??= chunk.usage;
    }
    expect(chunks).toBeGreaterThan(2);
    expect(text.length).toBeGreaterThan(0);
    expect(finish).toBe('stop');
    expect(usage?.completion_tokens).toBeGreaterThan(0);

    // The row is written after the last byte: the client may look before it is there.
    const expected = [['ok', true, 200, 'openai', 'gpt-4o-mini', usage?.completion_tokens, true]];
    await vi.waitFor(async () => expect(await rowsOf(served.firehose, data)).toEqual(expected), { timeout: 20_000 });
  });

  it('refuses who has no key', async () => {
    const client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'sk-tg-nobody', maxRetries: 0 });
    await expect(client.models.list()).rejects.toThrow(OpenAI.AuthenticationError);
  });
});

const configFileName = ({ gateway }: Assembly): string => String(gateway.variables[ENV.configFile]);

async function sourcesOf(asset: string, file: string): Promise<readonly string[]> {
  const map: unknown = JSON.parse(await readFile(join(asset, `${file}.map`), 'utf8'));
  return (map as { readonly sources: readonly string[] }).sources;
}

/** A file of its own beside the code, which Node reads when it is imported. */
async function catalogueOf(asset: string): Promise<string> {
  const [file, ...more] = (await readdir(asset)).filter((name) => /^catalogue\.data-\w+\.json$/.test(name));
  if (file === undefined || more.length > 0) throw new Error('The bundle has no price catalogue, or several.');
  return file;
}

interface Chunk {
  readonly size: number;
  readonly sources: readonly string[];
}

async function chunksOf(asset: string): Promise<readonly Chunk[]> {
  const files = (await readdir(asset)).filter((name) => name.endsWith('.mjs'));
  return Promise.all(
    files.map(async (name) => ({ size: (await stat(join(asset, name))).size, sources: await sourcesOf(asset, name) })),
  );
}

async function allSourcesOf(asset: string): Promise<readonly string[]> {
  const code = (await readdir(asset)).filter((name) => name.endsWith('.mjs'));
  return (await Promise.all(code.map((name) => sourcesOf(asset, name)))).flat();
}

async function rowsOf(firehose: string, data: string): Promise<readonly (readonly unknown[])[]> {
  await fetch(`${firehose}/flush`, { method: 'POST' });
  const lake = await openLake(join(data, 'lake'));
  try {
    const { rows } = await lake.query(
      `SELECT outcome, stream, http_status, provider, target_model, output_tokens, cost_nano_usd > 0 FROM requests`,
    );
    return rows;
  } finally {
    lake.close();
  }
}

const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
