import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UpstreamTarget } from '../../../functions/core/ports.ts';
import { refusePlan } from '../../../functions/routing/refuse-plan.ts';
import { formatRoute, type Skipped } from '../../../functions/routing/route.ts';

const target = (model: string, more: Partial<UpstreamTarget> = {}): UpstreamTarget => ({
  provider: 'openai',
  config: { dialect: 'openai-chat' },
  baseUrl: 'https://api.openai.com/v1',
  model,
  ...more,
});
const [a, b, c] = [target('a'), target('b', { replica: 1 }), target('c')];

describe('the route', () => {
  it('says what was looked at, in order, and why some were left out', () => {
    const skipped: Skipped[] = [
      { target: a, reason: 'cooling', untilMs: 12_300 },
      { target: c, reason: 'window', inability: { reason: 'window', contextTokens: 5 } },
    ];
    expect(formatRoute({ considered: [a, b, c], skipped }, 1_000)).toBe(
      'openai/a!cooling(12s), openai/b#1, openai/c!window',
    );
  });

  it('encodes what would mean something', () => {
    const odd = target('a, b!c(1s)%é\n');
    expect(formatRoute({ considered: [odd], skipped: [] }, 0)).toBe('openai/a%2C%20b%21c%281s%29%25%C3%A9%0A');
  });

  it('stays short printable ASCII whatever models are called', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 600 }), { minLength: 1, maxLength: 30 }), (names) => {
        const text = formatRoute({ considered: names.map((name) => target(name)), skipped: [] }, 0);
        expect(text).toMatch(/^[\x21-\x7e]+(, [\x21-\x7e]+)*$/);
        expect(text.length).toBeLessThanOrEqual(1_000);
        const more = /(?:^|, )\+(\d+)$/.exec(text)?.[1];
        const entries = text.split(', ').length;
        expect(more === undefined ? entries : entries - 1 + Number(more)).toBe(names.length);
      }),
    );
  });
});

describe('the refusal', () => {
  it('says when to come back where any target will be back', () => {
    const skipped: Skipped[] = [
      { target: c, reason: 'capability', inability: { reason: 'capability', ability: 'tools' } },
      { target: a, reason: 'cooling', untilMs: 9_000 },
      { target: b, reason: 'cooling', untilMs: 4_000 },
    ];
    expect(refusePlan('smart', skipped, 1_000)).toMatchObject({ kind: 'no-target', status: 503, retryAfterMs: 3_000 });
  });

  it.each([
    [{ reason: 'window', contextTokens: 8_192 }, 'context-length', 'messages', '8192 tokens'],
    [{ reason: 'capability', ability: 'tools' }, 'unsupported-parameter', 'tools', 'takes tools: openai/a'],
    [{ reason: 'capability', ability: 'images' }, 'unsupported-parameter', 'messages', 'takes images'],
    [{ reason: 'capability', ability: 'jsonSchema' }, 'unsupported-parameter', 'response_format', 'JSON schema'],
  ] as const)('names what no target can take: %j', (inability, kind, param, words) => {
    const error = refusePlan('smart', [{ target: a, reason: inability.reason, inability }], 0);
    expect(error).toMatchObject({ kind, param, status: 400 });
    expect(error.message).toContain(words);
  });
});
