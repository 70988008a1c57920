import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { type LocalStackProcess, startLocalStack } from '../../support/local-stack.ts';

const yaml = (control: number, candidate: number): string => `
providers:
  openai: { dialect: openai-chat, baseUrl: https://api.openai.com/v1, secret: openai }
models:
  smart: { targets: [{ provider: openai, model: gpt-5.6-sol }] }
experiments:
  models:
    model: smart
    subject: request
    arms:
      control: { weight: ${control} }
      candidate: { weight: ${candidate}, targets: [{ provider: openai, model: gpt-5.6-luna }] }
`;

let stack: LocalStackProcess;
let key: string;
beforeAll(async () => {
  stack = await startLocalStack({ config: yaml(1, 0) });
  ({ key } = await stack.createKey());
});
afterAll(() => stack?.close());

async function post(path: string, body: object) {
  const response = await fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  await response.text();
  return response;
}

const ask = async () => {
  const { status, headers } = await post('/v1/chat/completions', {
    model: 'smart',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  return { status, arm: headers.get('x-tollgate-experiment'), id: headers.get('x-tollgate-request-id') ?? '' };
};
const inForce = (arm: string) =>
  vi.waitFor(async () => expect(await ask()).toMatchObject({ status: 200, arm: `models=${arm}` }), {
    timeout: 15_000,
    interval: 300,
  });
const applied = (name: string, text: string): string => {
  const file = join(stack.data, name);
  writeFileSync(file, text);
  return file;
};

describe('config on a running stack', () => {
  it('applies a file, shows and lists it, goes back, and never applies what is wrong', async () => {
    await inForce('control');
    const file = applied('candidate.yaml', yaml(0, 1));
    const first = await stack.tollgate('config', 'apply', file);
    expect(first).toEqual({
      code: 0,
      stdout: `${file} is version 1 in force on every gateway within 15 seconds.\n`,
      stderr: '',
    });
    await inForce('candidate');
    const shown = await stack.tollgate('config', 'show');
    expect(shown.stdout).toMatch(/^# version 1, applied 20/);
    expect(parse(shown.stdout).experiments.models.arms.candidate.weight).toBe(1);
    // Simulated as before: the provider's secret is still missing.
    expect(parse(shown.stdout).providers.openai.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1/);

    const wrong = await stack.tollgate('config', 'apply', applied('wrong.yaml', yaml(0, 0)));
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('experiments.models.arms');

    const back = await stack.tollgate('config', 'rollback');
    expect(back.stdout).toContain('The deployed configuration is version 2 now, and in force');
    expect((await stack.tollgate('config', 'show')).stdout).toMatch(/^# as deployed/);
    const again = JSON.parse((await stack.tollgate('config', 'rollback', '1', '--json')).stdout);
    expect(again).toMatchObject({ version: 3, copyOf: 1 });
    const listed = JSON.parse((await stack.tollgate('config', 'versions', '--json')).stdout);
    expect(listed.versions).toMatchObject([
      { version: 3, copyOf: 1, inForce: true },
      { version: 2, copyOf: 0, inForce: false },
      { version: 1, copyOf: null, note: file, inForce: false },
    ]);
    expect(listed.deployed.inForce).toBe(false);
    expect((await stack.tollgate('config', 'rollback', '9')).stderr).toContain('There is no version 9');
  });

  it('has feedback and the arms compared', async () => {
    await inForce('candidate');
    const { id } = await ask();
    expect((await post('/v1/feedback', { request_id: id, score: 1 })).status).toBe(200);
    // The row of a request is written after its answer.
    await vi.waitFor(
      async () => {
        const { arms } = JSON.parse((await stack.tollgate('experiments', 'show', 'models', '--json')).stdout);
        const candidate = arms.find(({ arm }: { arm: string }) => arm === 'candidate');
        expect(candidate).toMatchObject({ errors: 0, scores: [{ count: 1, mean: 1, method: 'wilson' }] });
      },
      { timeout: 30_000, interval: 500 },
    );
    const text = await stack.tollgate('experiments', 'show', 'models');
    expect(text.stdout).toContain('Arm candidate costs');
  });
});
