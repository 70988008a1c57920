import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { NO_USAGE, totalInputTokens, totalOutputTokens, type Usage } from '../../../../functions/core/usage.ts';
import { convertUsage, toWireUsage } from '../../../../functions/dialects/openai-chat/convert-usage.ts';
import { decodeText, deltas, sse } from './support.ts';

describe('convertUsage', () => {
  it.each<[string, JsonObject, Partial<Usage>]>([
    [
      'the plain one',
      { prompt_tokens: 13, completion_tokens: 8, total_tokens: 21 },
      { inputTokens: 13, outputTokens: 8 },
    ],
    [
      "OpenAI's, cached and reasoned",
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 40, audio_tokens: 0 },
      },
      { inputTokens: 36, cacheReadTokens: 64, outputTokens: 50, reasoningTokens: 40 },
    ],
    [
      "OpenAI's, with audio both ways",
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 10, audio_tokens: 60 },
        completion_tokens_details: { audio_tokens: 30 },
      },
      { inputTokens: 30, cacheReadTokens: 10, audioInputTokens: 60, outputTokens: 20, audioOutputTokens: 30 },
    ],
    [
      "DeepSeek's",
      {
        prompt_tokens: 339,
        completion_tokens: 92,
        total_tokens: 431,
        prompt_cache_hit_tokens: 320,
        prompt_cache_miss_tokens: 19,
      },
      { inputTokens: 19, cacheReadTokens: 320, outputTokens: 92 },
    ],
    [
      "xAI's, whose completion leaves reasoning out",
      {
        prompt_tokens: 12,
        completion_tokens: 2,
        total_tokens: 334,
        prompt_tokens_details: { text_tokens: 12, cached_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 320 },
      },
      { inputTokens: 10, cacheReadTokens: 2, outputTokens: 322, reasoningTokens: 320 },
    ],
    [
      "Gemini's, whose thoughts are in the total only",
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 },
      { inputTokens: 10, outputTokens: 105, reasoningTokens: 100 },
    ],
    [
      "Groq's, with times",
      {
        queue_time: 0.04,
        prompt_tokens: 210,
        prompt_time: 0.01,
        completion_tokens: 15,
        total_tokens: 225,
        total_time: 0.05,
      },
      { inputTokens: 210, outputTokens: 15 },
    ],
    [
      "OpenRouter's, written to a cache",
      {
        prompt_tokens: 100,
        completion_tokens: 5,
        total_tokens: 105,
        prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 70 },
      },
      { inputTokens: 10, cacheReadTokens: 20, cacheWrite5mTokens: 70, outputTokens: 5 },
    ],
    [
      'that of a gateway that leaves cached tokens out of the prompt',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 95, prompt_tokens_details: { cached_tokens: 80 } },
      { inputTokens: 10, cacheReadTokens: 80, outputTokens: 5 },
    ],
    [
      "Moonshot's",
      { prompt_tokens: 30, completion_tokens: 5, total_tokens: 35, cached_tokens: 20 },
      { inputTokens: 10, cacheReadTokens: 20, outputTokens: 5 },
    ],
    [
      'one with nulls',
      { prompt_tokens: 3, completion_tokens: 4, total_tokens: null, prompt_tokens_details: null },
      { inputTokens: 3, outputTokens: 4 },
    ],
  ])('%s', (_, wire, usage) => {
    expect(convertUsage(wire)).toEqual({ ...NO_USAGE, ...usage });
  });

  it.each<Json>([null, {}, 'x', [], { total_tokens: 3 }, { prompt_tokens: null, completion_tokens: '4' }])(
    'counts nothing in %j',
    (value) => {
      expect(convertUsage(value)).toBeUndefined();
    },
  );

  it('never counts a token twice, nor less than nothing', () => {
    const count = fc.oneof(fc.nat(1_000), fc.constantFrom(null, -5, 'x'));
    const wire = fc.record({
      prompt_tokens: fc.nat(1_000),
      completion_tokens: fc.nat(1_000),
      prompt_tokens_details: fc.record({ cached_tokens: count, audio_tokens: count, cache_write_tokens: count }),
      completion_tokens_details: fc.record({ reasoning_tokens: count, audio_tokens: count }),
    });
    fc.assert(
      fc.property(wire, (value) => {
        const usage = convertUsage(value);
        if (usage === undefined) throw new Error('no usage');
        expect(Object.values(usage).every((tokens) => Number.isInteger(tokens) && tokens >= 0)).toBe(true);
        expect(usage.reasoningTokens).toBeLessThanOrEqual(usage.outputTokens);
        const cached = usage.cacheReadTokens + usage.cacheWrite5mTokens;
        const outside = cached > value.prompt_tokens ? cached : 0;
        expect(totalInputTokens(usage)).toBe(value.prompt_tokens + outside);
        expect(totalOutputTokens(usage)).toBe(value.completion_tokens);
      }),
    );
  });

  it('reads back what it writes', () => {
    const tokens = fc.nat(10_000);
    const usage = fc
      .record({
        inputTokens: tokens,
        cacheReadTokens: tokens,
        cacheWrite5mTokens: tokens,
        cacheWrite1hTokens: fc.constant(0),
        outputTokens: tokens,
        reasoningTokens: tokens,
        audioInputTokens: tokens,
        audioOutputTokens: tokens,
      })
      .map((one): Usage => ({ ...one, reasoningTokens: Math.min(one.reasoningTokens, one.outputTokens) }));
    fc.assert(
      fc.property(usage, (one) => {
        expect(convertUsage(toWireUsage(one))).toEqual(one);
      }),
    );
  });

  it('tells cached tokens apart from the rest on the way out', () => {
    const usage = {
      ...NO_USAGE,
      inputTokens: 10,
      cacheReadTokens: 20,
      cacheWrite5mTokens: 3,
      cacheWrite1hTokens: 4,
      outputTokens: 5,
    };
    expect(toWireUsage(usage)).toMatchObject({
      prompt_tokens: 37,
      completion_tokens: 5,
      total_tokens: 42,
      prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 7 },
    });
  });
});

describe('usage in a stream', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
  const last = (text: string) => decodeText(text).findLast((event) => event.type === 'usage')?.usage;
  const finish = { id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };

  it.each<[string, readonly Json[]]>([
    ['in a chunk of its own', [...deltas([{ content: 'x' }]), { id: 'c', choices: [], usage }]],
    ['in a chunk of its own without choices', [...deltas([{ content: 'x' }]), { usage }]],
    ['beside the finish', [...deltas([{ content: 'x' }], null), { ...finish, usage }]],
    ["in Groq's own place", [...deltas([{ content: 'x' }], null), { ...finish, x_groq: { usage } }]],
    [
      'growing with every chunk',
      [
        { id: 'c', choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } },
        { ...finish, usage },
      ],
    ],
  ])('%s', (_, chunks) => {
    expect(last(sse(chunks))).toEqual({ ...NO_USAGE, inputTokens: 3, outputTokens: 4 });
  });

  it('is not made up', () => {
    expect(last(sse(deltas([{ content: 'x' }])))).toBeUndefined();
  });
});
