/**
 * The code as it is deployed, under Amazon's own runtime client: the asset and the environment variables of the
 * synthesised template, the variables resolved to the emulators.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENV, LOG_ENV } from '../../functions/env.ts';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';
import { functionUrlEvent } from '../support/runtime-client/function-url-event.ts';
import { installRuntimeClient } from '../support/runtime-client/install.ts';
import { type Instance, startInstance } from '../support/runtime-client/instance.ts';
import { type Assembly, cdkSynth, type SynthesizedFunction } from './cdk-synth.ts';

const client = await installRuntimeClient();
if (!client.ok) console.warn(`The runtime client was not tried: ${client.reason}`);

const CONFIG = `
providers:
  openai: { dialect: openai-chat, baseUrl: https://api.openai.com/v1, secret: openai }
models:
  plain:   { targets: [{ provider: openai, model: gpt-5-mini@fast }] }
  gaps:    { targets: [{ provider: openai, model: gpt-5-mini@fast+stall-at-3-2000 }] }
  broken:  { targets: [{ provider: openai, model: gpt-5-mini@500 }], attempts: 1 }
  cut:     { targets: [{ provider: openai, model: gpt-5-mini@fast+tokens-60+cut-at-40 }] }
  ends:    { targets: [{ provider: openai, model: gpt-5-mini@fast+tokens-60+end-at-40 }] }
prices:
  - { provider: openai, model: '*', input: 1, output: 10 }
`;

/** The shape of the stack's answers to the official clients is tested elsewhere; here it is how they travel. */
describe.runIf(client.ok)('the deployed code under the runtime client of Lambda', () => {
  let folder: string;
  let stack: LocalStackProcess;
  let assembly: Assembly;
  let gateway: Instance;
  let key: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-runtime-'));
    stack = await startLocalStack({ config: CONFIG });
    assembly = await cdkSynth(folder, stack.info.config);
    gateway = await start(assembly.gateway);
    ({ key } = await stack.createKey('--team', 'runtime', '--budget-month', '10'));
  });

  afterAll(async () => {
    await gateway?.terminate();
    await stack?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = ({ asset, handler, variables }: SynthesizedFunction): Promise<Instance> =>
    startInstance({
      entry: client.ok ? client.entry : '',
      asset,
      handler,
      environment: resolveVariables(variables, stack),
    });

  const chat = (model: string, more: object = {}) =>
    gateway.api.invoke(
      functionUrlEvent('POST', '/v1/chat/completions', key, {
        model,
        messages: [{ role: 'user', content: 'What does a request cost?' }],
        max_tokens: 200,
        ...more,
      }),
    );

  it('streams an answer with the gaps that the provider made', async () => {
    const { answered } = chat('gaps', { stream: true });
    const { mode, contentType, prelude, chunks, text, trailers } = await answered;
    expect({ mode, contentType }).toEqual({
      mode: 'streaming',
      contentType: 'application/vnd.awslambda.http-integration-response',
    });
    expect(prelude).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
    expect(chunks.length).toBeGreaterThan(2);
    const gaps = chunks.slice(1).map(({ atMs }, index) => atMs - (chunks[index]?.atMs ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(1_000);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    expect(trailers).toEqual({});
  });

  it('answers with an error as one where nothing went out yet', async () => {
    const { prelude, text, error } = await chat('broken', { stream: true }).answered;
    expect(error).toBeUndefined();
    expect(prelude).toMatchObject({
      statusCode: 502,
      headers: { 'content-type': expect.stringMatching(/^application\/json/) },
    });
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'provider_error' } });
  });

  it.each(['cut', 'ends'])(
    'says in the stream that the answer broke off (%s), and never that it is done',
    async (model) => {
      const { prelude, text, trailers } = await chat(model, { stream: true }).answered;
      expect(prelude).toMatchObject({ statusCode: 200 });
      const events = text.split('\n\n').filter((event) => event.startsWith('data: '));
      expect(events.length).toBeGreaterThan(10);
      expect(JSON.parse(events.at(-1)?.slice(6) ?? '')).toMatchObject({ error: { code: 'provider_stream_truncated' } });
      expect(text).not.toContain('[DONE]');
      // The runtime's own way would be trailers, which no client reads.
      expect(trailers).toEqual({});
    },
  );

  it('answers bodies over the limit with 413, and goes on', async () => {
    const padding = 'x'.repeat(6_400_000);
    const { prelude, text } = await chat('plain', { padding }).answered;
    expect(prelude).toMatchObject({ statusCode: 413 });
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'request_too_large' } });
    const { answered, idle } = chat('plain');
    expect((await answered).prelude).toMatchObject({ statusCode: 200 });
    // Its row, which the next test must not take for its own.
    await idle;
  });

  it('has settled and logged before it asks for the next invocation', async () => {
    const sent = async (): Promise<number> => {
      const stats = (await (await fetch(`${stack.info.endpoints.firehose}/stats`)).json()) as { records: number };
      return stats.records;
    };
    const before = await sent();
    const { answered, idle } = chat('plain', { stream: true });
    const { text } = await answered;
    expect(text).toContain('[DONE]');
    await idle;
    expect(await sent()).toBe(before + 1);
    expect(await stack.json('quotas', 'list')).toSatisfy(
      (meters: readonly { readonly inFlight: readonly unknown[] }[]) =>
        meters.length > 0 && meters.every(({ inFlight }) => inFlight.length === 0),
    );
  });

  it('runs upkeep as the schedule does', async () => {
    const upkeep = await start(assembly.upkeep);
    try {
      const { answered, idle } = upkeep.api.invoke({ 'detail-type': 'Scheduled Event', source: 'aws.events' });
      expect((await answered).error).toBeUndefined();
      await idle;
    } finally {
      await upkeep.terminate();
    }
  });

  it('ends at once when the environment is shut down, with nothing left to write', async () => {
    const second = await start(assembly.gateway);
    const { answered, idle } = second.api.invoke(
      functionUrlEvent('POST', '/v1/chat/completions', key, {
        model: 'plain',
        messages: [{ role: 'user', content: 'And now?' }],
      }),
    );
    expect((await answered).prelude).toMatchObject({ statusCode: 200 });
    await idle;
    expect([0, 143, 'SIGTERM']).toContain(await second.terminate());
  });
});

/** What the template says; what only a deployment knows is what the emulators have. */
function resolveVariables(template: SynthesizedFunction['variables'], { info }: LocalStackProcess) {
  const known: { readonly [name: string]: string } = {
    [ENV.table]: info.table,
    [ENV.requestStream]: info.requestStream,
    [ENV.feedbackStream]: info.feedbackStream,
    [ENV.contentStream]: info.contentStream,
    // Asked for nothing here.
    [LOG_ENV.workgroup]: 'local',
    [LOG_ENV.database]: 'local',
    [ENV.secretPrefix]: info.secretPrefix,
  };
  const variables = Object.entries(template).map(([name, value]) => {
    const resolved = known[name] ?? value;
    if (typeof resolved !== 'string') throw new Error(`${name} is ${JSON.stringify(value)}: what is it locally?`);
    return [name, resolved];
  });
  return {
    ...Object.fromEntries(variables),
    AWS_REGION: info.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: info.endpoints.dynamodb,
    AWS_ENDPOINT_URL_FIREHOSE: info.endpoints.firehose,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: info.endpoints.secretsManager,
  };
}
