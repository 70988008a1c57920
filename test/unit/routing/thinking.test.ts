import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../functions/core/config.ts';
import { mayThink } from '../../../functions/routing/thinking.ts';

describe('a request that may think', () => {
  it.each(['gpt-5.6-sol', 'openai/gpt-5-mini', 'o3-mini', 'gemini-2.5-pro', 'x-ai/grok-4'])(
    'names a model that thinks by itself, in silence: %s',
    (model) => {
      expect(mayThink(model)).toBe(true);
    },
  );

  it.each(['gpt-4o', 'claude-sonnet-5', 'llama-4', 'gemini-2.0-flash', 'demo3-chat'])('is none: %s', (model) => {
    expect(mayThink(model)).toBe(false);
  });

  it('says so itself', () => {
    expect(mayThink('claude-sonnet-5', { mode: 'adaptive' })).toBe(true);
    expect(mayThink('claude-sonnet-5', { budgetTokens: 8_000 })).toBe(true);
    expect(mayThink('gpt-5.6-sol', { effort: 'none' })).toBe(false);
    expect(mayThink('gemini-2.5-flash', { budgetTokens: 0 })).toBe(false);
  });
});

describe('how long it may', () => {
  const timeoutsOf = (timeouts: object) => {
    const parsed = parseConfig({
      providers: { p: { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:1' } },
      models: { m: { targets: [{ provider: 'p', model: 'm' }], timeouts } },
    });
    return parsed.ok ? parsed.config.models.m?.timeouts : parsed;
  };

  it('is five minutes, what its model says of first tokens, or what it says of thinking', () => {
    expect(timeoutsOf({})).toMatchObject({ firstTokenMs: 30_000, thinkingMs: 300_000 });
    expect(timeoutsOf({ firstTokenMs: 5_000 })).toMatchObject({ firstTokenMs: 5_000, thinkingMs: 5_000 });
    expect(timeoutsOf({ firstTokenMs: 5_000, thinkingMs: 60_000 })).toMatchObject({ thinkingMs: 60_000 });
  });
});
