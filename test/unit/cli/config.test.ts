import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dataFolder, runCommand } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

function file(name: string, text: string): string {
  const path = join(tempDir(), name);
  writeFileSync(path, text);
  return path;
}

const good = `
providers:
  one: { dialect: openai-chat, baseUrl: https://one.example/v1, secret: one }
models:
  smart: { targets: [{ provider: one, model: m }] }
`;

describe('config check', () => {
  it('counts what a good file holds', async () => {
    const path = file('good.yaml', good);
    expect(await runCommand(['config', 'check', path])).toEqual({
      code: 0,
      out: `${path} is valid: 1 provider, 1 model, 0 prices.\n`,
      error: '',
    });
    const json = await runCommand(['config', 'check', path, '--json']);
    expect(JSON.parse(json.out)).toEqual({ file: path, valid: true, providers: 1, models: 1, prices: 0 });
  });

  it('names every path that is wrong', async () => {
    const path = file('wrong.yaml', good.replace('provider: one', 'provider: two').replace('secret:', 'secrte:'));
    const result = await runCommand(['config', 'check', path]);
    expect(result.code).toBe(1);
    expect(result.out).toBe('');
    expect(result.error).toContain('providers.one: has the unknown field secrte');
  });

  it.each([
    ['no-such-file.yaml', undefined, /Cannot read the configuration .*no-such-file/],
    ['broken.yaml', 'a: [', /broken\.yaml is not valid YAML/],
    ['empty.yaml', '', /empty\.yaml is not a valid configuration/],
  ])('says what is wrong with %s', async (name, text, message) => {
    const path = text === undefined ? join(tempDir(), name) : file(name, text);
    const result = await runCommand(['config', 'check', path]);
    expect(result.code).toBe(1);
    expect(result.error).toMatch(message);
  });
});

describe('config show', () => {
  const effective = {
    providers: {
      one: {
        dialect: 'openai-chat',
        baseUrl: 'https://user:hunter2@one.example/v1?key=hunter3',
        headers: { 'x-api-key': 'hunter4', 'x-region': 'eu' },
      },
      two: { dialect: 'openai-chat', baseUrls: ['https://:hunter5@two.example/', 'https://plain.example/v1'] },
    },
  };

  it('fills in defaults and hides credentials', async () => {
    const data = dataFolder({ config: file('effective.json', JSON.stringify(effective)) });
    const text = await runCommand(['config', 'show', '--data', data]);
    expect(text.code).toBe(0);
    expect(text.out).not.toContain('hunter');
    const shown = parse(text.out);
    expect(shown.providers.one).toEqual({
      dialect: 'openai-chat',
      baseUrl: 'https://user:***@one.example/v1?key=***',
      headers: { 'x-api-key': '***', 'x-region': 'eu' },
    });
    expect(shown.providers.two.baseUrls[1]).toBe('https://plain.example/v1');
    expect(shown.limits.jsonDepth).toBe(64);
    const json = await runCommand(['config', 'show', '--data', data, '--json']);
    expect(JSON.parse(json.out)).toEqual(shown);
  });

  it('names a file that another version wrote', async () => {
    const data = dataFolder({ config: file('old.json', '{"providers":{},"gone":1}') });
    const result = await runCommand(['config', 'show', '--data', data]);
    expect(result.code).toBe(1);
    expect(result.error).toContain('old.json was written by another version of Tollgate');
  });

  it('names a file that is gone', async () => {
    const result = await runCommand(['config', 'show', '--data', dataFolder()]);
    expect(result.code).toBe(1);
    expect(result.error).toMatch(/Cannot read the configuration in force, .*gateway\.json/);
  });
});
