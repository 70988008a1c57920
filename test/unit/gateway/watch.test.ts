import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../functions/core/chat.ts';
import { NO_USAGE, type Usage } from '../../../functions/core/usage.ts';
import { openAttempt, openTrace } from '../../../functions/gateway/trace.ts';
import { createWatch } from '../../../functions/gateway/watch.ts';

const START: ChatEvent = { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } };
const FINISH: ChatEvent = { type: 'finish', choice: 0, reason: 'stop' };
const words = (text: string): ChatEvent => ({ type: 'block-delta', index: 0, text });
const reported = (usage: Partial<Usage>): ChatEvent => ({ type: 'usage', usage: { ...NO_USAGE, ...usage } });

/** Asked with an estimate of 40 tokens, for priority. */
function usageOf(...events: readonly ChatEvent[]) {
  const watch = createWatch(openAttempt(openTrace('req_1', 0, 'openai-chat'), 'p', 'm', 0));
  for (const event of events) watch.see([event]);
  return watch.usage({ inputTokens: 40, terms: ['priority'] });
}

describe('what was consumed', () => {
  it('is what the provider reports at the end, before the finish or after it', () => {
    const usage = { ...NO_USAGE, inputTokens: 9, outputTokens: 3 };
    const told = { usage, usageSource: 'reported', terms: [] };
    expect(usageOf(START, words('hello'), FINISH, { type: 'usage', usage })).toEqual(told);
    expect(usageOf(START, words('hello'), { type: 'usage', usage }, FINISH)).toEqual(told);
  });

  it('is nothing before anything came', () => {
    expect(usageOf()).toEqual({ usage: NO_USAGE, usageSource: 'none', terms: [] });
    expect(usageOf(START)).toMatchObject({ usageSource: 'none' });
  });

  it('is estimated where the provider says nothing, under the terms that were asked for', () => {
    const { usage, usageSource, terms } = usageOf(START, words('A toll gate is a gate.'), FINISH);
    expect({ usageSource, terms, input: usage.inputTokens }).toEqual({
      usageSource: 'estimated',
      terms: ['priority'],
      input: 40,
    });
    expect(usage.outputTokens).toBeGreaterThan(4);
  });

  it('is never 0 for what came, though it has no words', () => {
    const thought: ChatEvent = {
      type: 'block-signature',
      index: 0,
      signature: { origin: 'anthropic-messages', value: 'sealed' },
      redacted: true,
    };
    expect(usageOf(thought).usage.outputTokens).toBe(1);
  });

  it('is estimated where a stream was cut after the last report', () => {
    const early = reported({ inputTokens: 9, cacheReadTokens: 30, outputTokens: 1 });
    const { usage, usageSource } = usageOf(early, START, words('A toll gate is a gate. '.repeat(20)));
    expect(usageSource).toBe('estimated');
    expect(usage).toMatchObject({ inputTokens: 9, cacheReadTokens: 30 });
    expect(usage.outputTokens).toBeGreaterThan(100);
  });

  it('is estimated where the report at the beginning is the only one, or counts nothing for an answer', () => {
    const early = reported({ inputTokens: 9, outputTokens: 1 });
    expect(usageOf(early, START, words('A toll gate is a gate.'), FINISH).usageSource).toBe('estimated');
    const silent = usageOf(START, words('A toll gate.'), FINISH, reported({ inputTokens: 9 }));
    expect(silent.usageSource).toBe('estimated');
    expect(silent.usage.outputTokens).toBeGreaterThan(1);
  });

  it('has the input that was asked, where a report of zeros at the beginning is all there is', () => {
    const zeros = reported({});
    const cut = usageOf(zeros, START, words('A toll gate is a gate.'));
    expect({ source: cut.usageSource, input: cut.usage.inputTokens }).toEqual({ source: 'estimated', input: 40 });
    const whole = usageOf(zeros, START, words('A toll gate.'), reported({ outputTokens: 5 }), FINISH);
    expect(whole).toMatchObject({ usageSource: 'estimated', usage: { inputTokens: 40, outputTokens: 5 } });
    expect(usageOf(zeros)).toEqual({ usage: NO_USAGE, usageSource: 'none', terms: [] });
  });

  it('is as reported for a refusal that the provider explains and does not bill', () => {
    const refusal: ChatEvent = { type: 'block-start', index: 0, choice: 0, block: { type: 'refusal' } };
    const { usage, usageSource } = usageOf(refusal, words('I cannot.'), reported({ inputTokens: 9 }), FINISH);
    expect({ usageSource, outputTokens: usage.outputTokens }).toEqual({ usageSource: 'reported', outputTokens: 0 });
  });
});
