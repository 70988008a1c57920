import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder, runCommand } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe('the command line', () => {
  it('prints its version and its help', async () => {
    expect(await runCommand(['--version'])).toEqual({ code: 0, out: '9.9.9\n', error: '' });
    const help = await runCommand(['--help']);
    expect(help.code).toBe(0);
    for (const noun of ['keys', 'quotas', 'secrets', 'config', 'costs', 'query'])
      expect(help.out).toContain(`  ${noun}`);
  });

  it.each([
    { typed: ['kyes', 'list'], says: 'keys' },
    { typed: ['secrets', 'set', 'openai'], says: "missing required argument 'value'" },
    { typed: ['keys', 'list', '--jsn'], says: '--json' },
    { typed: ['config', 'check', 'a', 'b'], says: 'too many arguments' },
    { typed: ['keys'], says: 'create' },
    { typed: [], says: 'Usage: tollgate' },
  ])('answers $typed with exit code 2 and what to type', async ({ typed, says }) => {
    const result = await runCommand(typed);
    expect(result.code).toBe(2);
    expect(result.out).toBe('');
    expect(result.error).toContain(says);
  });

  it('says how to start a stack that never ran', async () => {
    const cwd = tempDir();
    const result = await runCommand(['config', 'show'], { cwd });
    expect(result).toEqual({
      code: 1,
      out: '',
      error: `tollgate: No local stack was ever started in ${join(cwd, '.tollgate')}. Start it with: npm start\n`,
    });
  });

  it('says how to start a stack that stopped', async () => {
    const result = await runCommand(['--data', dataFolder(), 'keys', 'list']);
    expect(result).toEqual({
      code: 1,
      out: '',
      error: 'tollgate: The local stack is not running. Start it with: npm start\n',
    });
  });

  it('takes the data folder from the option, then from the environment', async () => {
    const options = { cwd: '/', env: { TOLLGATE_DATA: 'from-environment' } };
    expect((await runCommand(['config', 'show'], options)).error).toContain('in /from-environment.');
    expect((await runCommand(['config', 'show', '--data', 'from-option'], options)).error).toContain(
      'in /from-option.',
    );
  });

  it('names the field that a broken local.json lacks', async () => {
    const result = await runCommand(['config', 'show', '--data', dataFolder({ endpoints: {} })]);
    expect(result.code).toBe(1);
    expect(result.error).toMatch(/local\.json lacks a valid "endpoints\.dynamodb"/);
  });

  it('names a local.json that is no JSON', async () => {
    const folder = dataFolder();
    writeFileSync(join(folder, 'local.json'), '{"gateway":');
    expect((await runCommand(['config', 'show', '--data', folder])).error).toMatch(/local\.json is not valid JSON/);
  });

  it('shows the whole error with --debug, and only then', async () => {
    const args = ['keys', 'list', '--data', dataFolder()];
    expect((await runCommand(args)).error).not.toMatch(/\n\s+at /);
    expect((await runCommand([...args, '--debug'])).error).toMatch(/ECONNREFUSED[\s\S]*\n\s+at /);
  });
});
