/** The local stack and its upstream, each in a process of its own, as a benchmark needs them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createKey } from '../../functions/adapters/key-admin.ts';
import { setLimits } from '../../functions/adapters/meter-admin.ts';
import type { LimitChanges } from '../../functions/ledger/limits.ts';
import type { BenchContext } from './bench.ts';
import { ROOT, startChild } from './child.ts';
import type { ProcessCounts } from './count-calls-preload.ts';

export interface BenchStack {
  /** Of the gateway. */
  readonly url: string;
  /** Of the simulated providers that the gateway, too, sends its requests to. */
  readonly upstreamUrl: string;
  /** Of the upstream, as the provider takes it. */
  readonly upstreamKey: string;
  createKey(owner: { readonly team?: string }, limits?: LimitChanges): Promise<string>;
  limit(scope: `team:${string}`, limits: LimitChanges): Promise<void>;
  /** What the gateway's process has done so far. */
  counts(): Promise<ProcessCounts>;
}

/** What a benchmark needs beside the aliases. */
export interface ConfigPart {
  readonly providers?: { readonly [name: string]: object };
  readonly models?: { readonly [alias: string]: object };
}

const UPSTREAM_KEY = 'sk-bench';
const START_MS = 60_000;

/** Each of the models gets two aliases, `openai-NAME` and `anthropic-NAME`: one for either dialect of the upstream. */
export async function startBenchStack(
  context: BenchContext,
  models: { readonly [name: string]: string },
  more: (upstreamUrl: string) => ConfigPart = () => ({}),
): Promise<BenchStack> {
  const upstream = startChild([join(ROOT, 'bench/support/upstream-process.ts')]);
  context.defer(() => upstream.stop());
  const upstreamUrl = await upstream.until(/^upstream (http:\S+)$/m, START_MS);

  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  context.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const config = join(folder, 'gateway.yaml');
  await writeFile(config, JSON.stringify(configure(upstreamUrl, models, more(upstreamUrl))));
  const data = join(folder, 'data');
  const stack = startChild(
    [
      '--import',
      join(ROOT, 'bench/support/count-calls-preload.ts'),
      join(ROOT, 'bin/local.ts'),
      ...['--port', '0', '--config', config, '--data', data],
    ],
    // As keys that are there: so the stack does not put simulated providers of its own in the upstream's place.
    { OPENAI_API_KEY: UPSTREAM_KEY, ANTHROPIC_API_KEY: UPSTREAM_KEY },
  );
  context.defer(() => stack.stop());
  const url = await stack.until(/^Tollgate listening on (http:\S+)$/m, START_MS);

  const { endpoints, region, table } = JSON.parse(await readFile(join(data, 'local.json'), 'utf8')) as {
    readonly endpoints: { readonly dynamodb: string };
    readonly region: string;
    readonly table: string;
  };
  const client = new DynamoDBClient({
    endpoint: endpoints.dynamodb,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  context.defer(() => client.destroy());
  return {
    url,
    upstreamUrl,
    upstreamKey: UPSTREAM_KEY,
    createKey: async (owner, limits) => (await createKey({ client, table, ...owner, limits })).key,
    limit: (scope, limits) => setLimits({ client, table, scope, limits }),
    counts: async () => (await stack.ask('counts')) as ProcessCounts,
  };
}

const PROVIDERS = ['openai', 'anthropic'] as const;

/** JSON is YAML. A price, because a model without one is refused where there is a budget. */
function configure(upstreamUrl: string, models: { readonly [name: string]: string }, more: ConfigPart) {
  const aliases = PROVIDERS.flatMap((provider) =>
    Object.entries(models).map(([name, model]) => [`${provider}-${name}`, { targets: [{ provider, model }] }] as const),
  );
  return {
    providers: {
      openai: { dialect: 'openai-chat', baseUrl: `${upstreamUrl}/openai/v1`, secret: 'openai' },
      anthropic: { dialect: 'anthropic-messages', baseUrl: `${upstreamUrl}/anthropic`, secret: 'anthropic' },
      ...more.providers,
    },
    models: { ...Object.fromEntries(aliases), ...more.models },
    prices: [...PROVIDERS, ...Object.keys(more.providers ?? {})].map((provider) => ({
      provider,
      model: '*',
      input: 0.01,
      output: 0.01,
    })),
  };
}
