import { describe, expect, it } from 'vitest';
import { packConfig } from '../../../functions/adapters/config-item.ts';
import { parseConfig } from '../../../functions/core/config.ts';
import { createSetups } from '../../../functions/gateway/setups.ts';

type Applied = NonNullable<Awaited<ReturnType<Parameters<typeof createSetups>[0]['store']['read']>>>;

const SECOND = 1_000;

function config(model: string) {
  const result = parseConfig({
    providers: { a: { dialect: 'openai-chat', baseUrl: 'https://a.example/v1' } },
    models: { [model]: { targets: [{ provider: 'a', model: 'm' }] } },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

const applied = (version: number, more: Partial<Applied> = {}): Applied => ({
  version,
  base: 'deployed-1',
  appliedAt: '2026-11-23T12:00:00.000Z',
  copyOf: undefined,
  note: undefined,
  body: packConfig(config(`model-${version}`)),
  source: undefined,
  ...more,
});

/** A table that answers when it is told to, and counts. */
function fixture() {
  let nowMs = 0;
  let items: readonly Applied[] = [];
  let failure: Error | undefined;
  let gate: Promise<void> = Promise.resolve();
  let file: Promise<void> = Promise.resolve();
  let reads = 0;
  const reports: string[] = [];
  const setups = createSetups({
    clock: { now: () => nowMs },
    report: (_level, message) => reports.push(message),
    async deployed() {
      await file;
      return { config: config('deployed'), version: 'deployed-1' };
    },
    build: (built, version) => ({ config: built, version }),
    store: {
      async read(version) {
        reads += 1;
        await gate;
        if (failure !== undefined) throw failure;
        return version === undefined ? items.at(-1) : items.find((item) => item.version === version);
      },
    },
  });
  return {
    reports,
    reads: () => reads,
    pass: (ms: number) => {
      nowMs += ms;
    },
    hold(...applieds: readonly Applied[]) {
      items = applieds;
    },
    fail(error: Error | undefined) {
      failure = error;
    },
    /** Until the function that it returns is called no read answers. */
    stall(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    /** The same for the file. */
    stallFile(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      file = promise;
      return resolve;
    },
    settled: setups.settled,
    current: setups.current,
    version: async () => (await setups.current()).version,
  };
}

describe('the configuration in force', () => {
  it('is the deployed one, until another is applied over it', async () => {
    const table = fixture();
    expect(await table.version()).toBe('deployed-1');
    table.hold(applied(1));
    expect(await table.version()).toBe('deployed-1');
    table.pass(6 * SECOND);
    // What was known answers; what is read beside it holds for the next.
    expect(await table.version()).toBe('deployed-1');
    await table.settled();
    expect(await table.version()).toBe('v1');
    expect(Object.keys((await table.current()).config.models)).toEqual(['model-1']);
  });

  it('is the one on the table for whoever has not looked for 12 s, and costs no more than a read in 5 s', async () => {
    const table = fixture();
    await table.version();
    table.hold(applied(1));
    table.pass(12 * SECOND);
    expect(await table.version()).toBe('v1');
    const before = table.reads();
    for (let second = 0; second < 60; second += 1) {
      table.pass(SECOND);
      await table.version();
      await table.settled();
    }
    expect(table.reads() - before).toBe(12);
  });

  it('is read once for all who ask at the same time, and nobody who knows one waits for it', async () => {
    const table = fixture();
    const answer = table.stall();
    const first = Promise.all(Array.from({ length: 50 }, () => table.version()));
    answer();
    expect(new Set(await first)).toEqual(new Set(['deployed-1']));
    expect(table.reads()).toBe(1);
    table.pass(6 * SECOND);
    const late = table.stall();
    table.hold(applied(1));
    expect(await table.version()).toBe('deployed-1');
    late();
    await table.settled();
    expect(await table.version()).toBe('v1');
  });

  it('is read from the table while the file is, by a process that starts', async () => {
    const table = fixture();
    table.hold(applied(1));
    const goOn = table.stallFile();
    const version = table.version();
    expect(table.reads()).toBe(1);
    goOn();
    expect(await version).toBe('v1');
  });

  it('stays where the table does not answer, or an item is broken, and says so once', async () => {
    const table = fixture();
    table.hold(applied(1));
    expect(await table.version()).toBe('v1');
    table.fail(new Error('away'));
    for (let round = 0; round < 3; round += 1) {
      table.pass(12 * SECOND);
      expect(await table.version()).toBe('v1');
    }
    expect(table.reports).toHaveLength(1);
    table.fail(undefined);
    for (const body of [Buffer.from('nonsense'), packConfig({ ...config('x'), models: { x: {} } } as never)]) {
      table.hold(applied(1), applied(2, { body }));
      table.pass(12 * SECOND);
      expect(await table.version()).toBe('v1');
      table.pass(12 * SECOND);
      expect(await table.version()).toBe('v1');
    }
    expect(table.reports).toHaveLength(3);
    table.hold(applied(3));
    table.pass(12 * SECOND);
    expect(await table.version()).toBe('v3');
  });

  it('for a process that starts on a broken one is the one before', async () => {
    const table = fixture();
    table.hold(applied(1), applied(2, { body: Buffer.from('nonsense') }));
    expect(await table.version()).toBe('v1');
  });

  it('for a process that starts without the table is the deployed one', async () => {
    const table = fixture();
    table.fail(new Error('away'));
    expect(await table.version()).toBe('deployed-1');
  });

  it('is the deployed one, if another was deployed since, or somebody went back to it', async () => {
    const table = fixture();
    table.hold(applied(1, { base: 'deployed-0' }));
    expect(await table.version()).toBe('deployed-1');
    expect(table.reports).toHaveLength(1);
    table.hold(applied(2));
    table.pass(12 * SECOND);
    expect(await table.version()).toBe('v2');
    table.hold(applied(3, { body: undefined, copyOf: 0 }));
    table.pass(12 * SECOND);
    expect(await table.version()).toBe('deployed-1');
  });

  it('is built anew only where it is another one', async () => {
    const table = fixture();
    table.hold(applied(1));
    const setup = await table.current();
    table.pass(12 * SECOND);
    expect(await table.current()).toBe(setup);
    table.hold(applied(1, { body: packConfig(config('edited')) }));
    table.pass(12 * SECOND);
    expect(Object.keys((await table.current()).config.models)).toEqual(['edited']);
  });
});
