import { describe, expect, it } from 'vitest';
import { readLocalOptions } from '../../../local/options.ts';

const start = (args: readonly string[], env: Record<string, string> = {}) => readLocalOptions(args, env);

describe('the options of npm start', () => {
  it('are flags, then variables, then defaults', () => {
    expect(start([])).toEqual({
      action: 'start',
      start: { port: 8787, config: 'gateway.yaml', data: '.tollgate' },
    });
    const env = { PORT: '1', TOLLGATE_CONFIG: 'c', TOLLGATE_DATA: 'd' };
    expect(start([], env)).toEqual({ action: 'start', start: { port: 1, config: 'c', data: 'd' } });
    expect(start(['--port', '0', '--config=x', '--data', 'y'], env)).toEqual({
      action: 'start',
      start: { port: 0, config: 'x', data: 'y' },
    });
    expect(start([], { PORT: '' })).toMatchObject({ start: { port: 8787 } });
  });

  it.each([
    [['--prot', '1'], "Unknown option '--prot'"],
    [['extra'], "Unexpected argument 'extra'"],
    [['--port'], "Option '--port <value>' argument missing"],
    [['--port', 'http'], 'The port must be a number from 0 to 65535, not "http".'],
    [['--port', '65536'], 'The port must be a number from 0 to 65535, not "65536".'],
  ])('are refused by name: %s', (args, reason) => {
    const result = start(args);
    expect(result).toMatchObject({ action: 'refuse', reason: expect.stringContaining(reason) });
  });

  it('explain themselves', () => {
    expect(start(['--help'])).toEqual({ action: 'help' });
    expect(start(['-h', '--port', '1'])).toEqual({ action: 'help' });
  });
});
