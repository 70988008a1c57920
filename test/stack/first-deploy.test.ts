/** The guide, tried line by line as a newcomer would, with the emulators in the place of AWS. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readDeployment } from '../../lib/deployment.ts';
import { type DeployedStack, startDeployedStack } from '../support/deployed-stack.ts';
import { PROJECT } from './synthesize.ts';

const run = promisify(execFile);
const guide = readFileSync(join(PROJECT, 'docs/first-deploy.md'), 'utf8');

/** The shell lines of a section, by its number. */
function commandsOf(section: number): string {
  const [, text = ''] = new RegExp(`^## ${section}\\. .*\\n([\\s\\S]*?)(?=^## )`, 'm').exec(guide) ?? [];
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  if (blocks.length === 0) throw new Error(`Section ${section} of the guide has no commands.`);
  return blocks.join('\n');
}

let deployed: DeployedStack;
let key = '';

/** As they stand there, but for the addresses and keys that everybody has his own of. */
async function type(section: number, input = ''): Promise<string> {
  const commands = commandsOf(section)
    .replace(/^URL=.*$/gm, '')
    .replace(/^KEY=.*$/gm, '');
  const script = `npx() { [ "$1" = tollgate ] || exit 9; shift; "${process.execPath}" bin/tollgate.ts "$@"; }
URL='${deployed.local.url}/'; KEY='${key}'
${commands}`;
  const child = run('sh', ['-e', '-c', script], {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, HOME: deployed.local.data, ...deployed.env },
  });
  child.child.stdin?.end(input);
  return (await child).stdout;
}

beforeAll(async () => {
  deployed = await startDeployedStack('Tollgate', 'tollgate');
});
afterAll(() => deployed?.close());

describe('docs/first-deploy.md', () => {
  it('reaches the gateway', async () => {
    // The rest of that section deploys.
    const health = commandsOf(3)
      .split('\n')
      .find((line) => line.startsWith('curl'));
    expect(health).toMatch(/^curl "\$\{URL\}health"$/);
    expect(await (await fetch(`${deployed.local.url}/health`)).json()).toEqual({ status: 'ok' });
    expect(guide).toContain('The answer is `{"status":"ok"}`.');
  });

  it('stores the key of a provider', async () => {
    // A deployment has made the secret, without a value.
    await deployed.local.tollgate('secrets', 'set', 'openai', 'sk-none');
    expect(await type(4, 'sk-of-the-provider\n')).toContain('Stored a key as tollgate/openai');
  });

  it('makes a key and a budget, and sends the first request', async () => {
    // The key is printed before it is used: the reader copies it.
    const section = commandsOf(5);
    const [create = ''] = section.split('\n');
    expect(create).toContain('keys create --team demo');
    const { stdout } = await deployed.local.tollgate('keys', 'create', '--team', 'demo', '--json');
    key = (JSON.parse(stdout) as { readonly key: string }).key;
    const output = await type(5);
    expect(output).toMatch(/^sk-tg-/);
    expect(output).toContain('team:demo');
    expect(output).toContain('data: [DONE]');
  });

  it('shows what it cost, on the meter and in Athena', async () => {
    // The row may leave the gateway after its answer has arrived.
    await vi.waitFor(
      async () => {
        await fetch(`${deployed.local.info.endpoints.firehose}/flush`, { method: 'POST' });
        const output = await type(6);
        expect(output).toMatch(/Costs from [\s\S]*demo/);
        expect(output).toMatch(/team +requests/);
      },
      { timeout: 30_000, interval: 500 },
    );
  }, 60_000);

  it('changes a limit', async () => {
    await type(7);
    const { stdout } = await deployed.local.tollgate('quotas', 'show', 'team:demo', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ limits: { limit_rpm: 30, budget_month_usd: 10 } });
  });

  it('lists the options that there are, and all of them', () => {
    const listed = [...guide.matchAll(/^\| `tollgate:(\w+)` \|/gm)].map(([, name = '']) => name);
    const refusal = (name: string): string => {
      try {
        readDeployment({ [`tollgate:${name}`]: Symbol('of no use') });
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const name of listed) expect(refusal(name)).toMatch(new RegExp(`tollgate:${name}: (?!no such option)`));
    const source = readFileSync(join(PROJECT, 'lib/deployment.ts'), 'utf8');
    const [, schema = ''] = /const deploymentSchema = z\s*\.strictObject\(\{([\s\S]*?)\n {2}\}\)/.exec(source) ?? [];
    const options = [...schema.matchAll(/^ {4}(\w+):/gm)].map(([, name = '']) => name);
    expect(options.length).toBeGreaterThan(15);
    expect(listed.sort()).toEqual(options.sort());
  });
});
