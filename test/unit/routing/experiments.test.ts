import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../functions/core/config.ts';
import { assignArm, drawArm } from '../../../functions/routing/experiments.ts';

type Weights = readonly (readonly [arm: string, weight: number])[];

/** Names as people have them: numbers that count up, ids, addresses, and what differs by one letter only. */
const SUBJECTS: readonly string[] = Array.from({ length: 25_000 }, (_, index) => [
  `user:${index}`,
  `user:person-${index}@example.com`,
  `key:key_${createHash('sha256').update(String(index)).digest('base64url').slice(0, 10)}`,
  `metadata.session:${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`,
]).flat();

const assign = (weights: Weights, subjects = SUBJECTS, experiment = 'prompts') =>
  subjects.map((subject) => drawArm(experiment, weights, subject) ?? '');

function shares(arms: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const arm of arms) counts.set(arm, (counts.get(arm) ?? 0) + 1);
  return new Map([...counts].map(([arm, count]) => [arm, count / arms.length]));
}

/** How many went from where to where. */
function moves(before: readonly string[], after: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  before.forEach((arm, index) => {
    const now = after[index] ?? '';
    if (now !== arm) found.set(`${arm} > ${now}`, (found.get(`${arm} > ${now}`) ?? 0) + 1);
  });
  return found;
}

describe('the assignment of 100,000 subjects', () => {
  it.each<{ readonly weights: Weights }>([
    {
      weights: [
        ['control', 95],
        ['candidate', 5],
      ],
    },
    {
      weights: [
        ['a', 1],
        ['b', 1],
      ],
    },
    {
      weights: [
        ['a', 70],
        ['b', 20],
        ['c', 10],
      ],
    },
    { weights: Array.from({ length: 10 }, (_, index) => [`arm-${index}`, index + 1] as const) },
  ])('is within 1 % of the weights $weights', ({ weights }) => {
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    const found = shares(assign(weights));
    for (const [arm, weight] of weights) {
      expect(Math.abs((found.get(arm) ?? 0) - weight / total), arm).toBeLessThan(0.01);
    }
  });

  it('is the same in every process', () => {
    const weights: Weights = [
      ['control', 80],
      ['candidate', 20],
    ];
    const digest = (arms: readonly string[]) => createHash('sha256').update(arms.join()).digest('hex');
    const module = fileURLToPath(new URL('../../../functions/routing/experiments.ts', import.meta.url));
    const script = `
      import { createHash } from 'node:crypto';
      import { text } from 'node:stream/consumers';
      const { drawArm } = await import(${JSON.stringify(module)});
      const { weights, subjects } = JSON.parse(await text(process.stdin));
      const arms = subjects.map((subject) => drawArm('prompts', weights, subject));
      process.stdout.write(createHash('sha256').update(arms.join()).digest('hex'));`;
    const elsewhere = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      input: JSON.stringify({ weights, subjects: SUBJECTS }),
      encoding: 'utf8',
      maxBuffer: 1_000,
    });
    expect(elsewhere).toBe(digest(assign(weights)));
    // And in every version: another one would move people in the midst of an experiment.
    expect(elsewhere).toBe('0ff87264419b942de348a909f87c000b3dc455f2c82dc51e6d0147a5bf039b6f');
  });

  it('of one experiment says nothing about that of another', () => {
    const weights: Weights = [
      ['a', 1],
      ['b', 1],
    ];
    const [first, second] = [assign(weights, SUBJECTS, 'one'), assign(weights, SUBJECTS, 'two')];
    const same = first.filter((arm, index) => arm === second[index]).length / SUBJECTS.length;
    expect(Math.abs(same - 0.5)).toBeLessThan(0.01);
  });
});

describe('a change of the weights', () => {
  it('from 5 % to 20 % moves only subjects into the arm', () => {
    const before = assign([
      ['control', 95],
      ['candidate', 5],
    ]);
    const after = assign([
      ['control', 80],
      ['candidate', 20],
    ]);
    const moved = moves(before, after);
    expect([...moved.keys()]).toEqual(['control > candidate']);
    expect(Math.abs((moved.get('control > candidate') ?? 0) / SUBJECTS.length - 0.15)).toBeLessThan(0.01);
  });

  it('of one arm among three moves only subjects into it, from both of the others', () => {
    const moved = moves(
      assign([
        ['a', 60],
        ['b', 5],
        ['c', 35],
      ]),
      assign([
        ['a', 60],
        ['b', 24],
        ['c', 35],
      ]),
    );
    expect([...moved.keys()].sort()).toEqual(['a > b', 'c > b']);
  });

  it('never moves a subject between arms whose weights stay', () => {
    const weight = fc.double({ min: 0, max: 1_000, noNaN: true });
    const arms = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,5}$/), weight), {
      minLength: 2,
      maxLength: 6,
      selector: ([arm]) => arm,
    });
    fc.assert(
      fc.property(arms, fc.nat(), weight, fc.array(fc.string(), { maxLength: 30 }), (weights, pick, now, subjects) => {
        const [changed, old] = weights[pick % weights.length] ?? ['', 0];
        const changedWeights = weights.map(([arm, each]) => [arm, arm === changed ? now : each] as const);
        const moved = moves(assign(weights, subjects), assign(changedWeights, subjects));
        for (const move of moved.keys()) {
          const [from, to] = move.split(' > ');
          expect(now > old ? to : from).toBe(changed);
        }
      }),
    );
  });

  it('of their order moves nobody, and an arm of weight 0 has nobody', () => {
    const weights: Weights = [
      ['a', 3],
      ['b', 2],
      ['off', 0],
    ];
    const arms = assign(weights);
    expect(assign([...weights].reverse())).toEqual(arms);
    expect(new Set(arms)).toEqual(new Set(['a', 'b']));
    expect(drawArm('prompts', [['off', 0]], 'user:1')).toBeUndefined();
  });
});

describe('assignArm', () => {
  const providers = { a: { dialect: 'openai-chat', baseUrl: 'https://a.example/v1' } };
  const target = { provider: 'a', model: 'm1' };
  const arms = {
    control: { weight: 50 },
    candidate: { weight: 50, targets: [{ provider: 'a', model: 'm2' }], fallbacks: [target] },
  };
  function config(experiment: object) {
    const models = { smart: { targets: [target] }, fast: { targets: [target] } };
    const result = parseConfig({
      providers,
      models,
      experiments: { prompts: { model: 'smart', arms, ...experiment } },
    });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.config;
  }
  const ask = (experiment: object, more: object = {}) =>
    assignArm({
      config: config(experiment),
      model: 'smart',
      caller: { keyId: 'key_1' },
      requestId: 'req_1',
      metadata: {},
      ...more,
    });
  /** Of 60 values of what stands at `path`, whether all go to one arm. */
  const isOneArm = (experiment: object, make: (index: number) => object): boolean =>
    new Set(Array.from({ length: 60 }, (_, index) => ask(experiment, make(index))?.arm)).size === 1;

  it('divides only the traffic of its model, while it is on', () => {
    expect(ask({})?.experiment).toBe('prompts');
    expect(ask({}, { model: 'fast' })).toBeUndefined();
    expect(ask({}, { model: 'a/m1' })).toBeUndefined();
    expect(ask({ enabled: false })).toBeUndefined();
  });

  it("gives an arm's targets and fallbacks where it has some", () => {
    const found = Array.from({ length: 60 }, (_, index) => ask({ subject: 'request' }, { requestId: `req_${index}` }));
    expect(found.find((each) => each?.arm === 'control')?.instead).toEqual({});
    expect(found.find((each) => each?.arm === 'candidate')?.instead).toEqual({
      targets: [{ provider: 'a', model: 'm2' }],
      fallbacks: [target],
    });
  });

  it.each([
    ['user', (index: number) => ({ caller: { keyId: 'key_1', user: `u${index}` } })],
    ['team', (index: number) => ({ caller: { keyId: 'key_1', team: `t${index}` } })],
    ['app', (index: number) => ({ caller: { keyId: 'key_1', app: `a${index}` } })],
    ['key', (index: number) => ({ caller: { keyId: `key_${index}` } })],
    ['request', (index: number) => ({ requestId: `req_${index}` })],
    ['metadata.session', (index: number) => ({ metadata: { session: `s${index}` } })],
  ])('keeps a %s in one arm, whatever else differs', (subject, make) => {
    expect(isOneArm({ subject }, make)).toBe(false);
    const fixed = make(7);
    const others = (index: number) => ({
      requestId: `req_${index}`,
      metadata: { other: String(index) },
      caller: { keyId: `key_${index}`, user: `u${index}`, team: `t${index}`, app: `a${index}` },
      ...fixed,
    });
    expect(isOneArm({ subject }, others)).toBe(true);
  });

  it("takes the key where a request has no such thing, and no name of an object's own", () => {
    for (const subject of ['user', 'team', 'app', 'metadata.session', 'metadata.constructor']) {
      expect(isOneArm({ subject }, (index) => ({ requestId: `req_${index}` }))).toBe(true);
      expect(isOneArm({ subject }, (index) => ({ caller: { keyId: `key_${index}` } }))).toBe(false);
    }
  });
});
