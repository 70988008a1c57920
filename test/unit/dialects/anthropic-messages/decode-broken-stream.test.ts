import { describe, expect, it } from 'vitest';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { blockStart, blocksOf, delta, messageDelta, start, stop, text, tool } from './stream-events.ts';
import { decodeBytes, decodeEvents, sse } from './support.ts';

describe('what compatible servers get wrong', () => {
  it.each<[string, readonly JsonObject[]]>([
    ['message_start twice', [start(), start(), ...text(0, 'a'), messageDelta('end_turn'), stop]],
    ['no message_stop', [start(), ...text(0, 'a'), messageDelta('end_turn')]],
    ['two stop reasons', [start(), ...text(0, 'a'), messageDelta('end_turn'), messageDelta('end_turn'), stop]],
    ['no start of a text', [start(), ...text(0, 'a').slice(1), messageDelta('end_turn'), stop]],
  ])('%s', (_, events) => {
    const reply = foldEvents(decodeEvents(events));
    expect(reply).toMatchObject({ id: 'msg_1', choices: [{ finish: 'stop', blocks: [{ type: 'text', text: 'a' }] }] });
    expect(reply.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
  });

  it('no message_start', () => {
    const reply = foldEvents(decodeEvents([...text(0, 'a'), messageDelta('end_turn'), stop]));
    expect(reply).toMatchObject({ id: '', choices: [{ finish: 'stop', blocks: [{ text: 'a' }] }] });
  });

  it('blocks that repeat an index do not mix', () => {
    const events = decodeEvents([
      start(),
      ...tool(0, 'a', '{"x":1}'),
      ...tool(0, 'b', '{"y":2}'),
      messageDelta('tool_use'),
      stop,
    ]);
    expect(blocksOf(events)).toMatchObject([
      { id: 'a', arguments: '{"x":1}' },
      { id: 'b', arguments: '{"y":2}' },
    ]);
  });

  it("OpenAI's [DONE] and names of events without types", () => {
    const body = `${sse([start(), ...text(0, 'a'), messageDelta('end_turn')])}event: message_stop\ndata: {}\n\ndata: [DONE]\n\n`;
    expect(blocksOf(decodeBytes([new TextEncoder().encode(body)]))).toEqual([{ type: 'text', text: 'a' }]);
  });
});

describe('a broken stream never looks finished', () => {
  const whole = [start(), ...text(0, 'Hello'), ...tool(1, 'a', '{"x":1}'), messageDelta('tool_use'), stop];

  it.each(whole.slice(0, -2).map((_, count) => count))('cut after %i events', (count) => {
    expect(() => decodeEvents(whole.slice(0, count))).toThrow(expect.objectContaining({ kind: 'upstream-truncated' }));
  });

  it('closed without a stop reason', () => {
    expect(() => decodeEvents([start(), ...text(0, 'a'), stop])).toThrow(
      expect.objectContaining({ kind: 'upstream-truncated' }),
    );
  });

  it('cut at any byte: an error, or all of the answer', () => {
    const bytes = new TextEncoder().encode(sse(whole));
    const complete = foldEvents(decodeBytes([bytes]));
    let finished = 0;
    for (let cut = 0; cut < bytes.length; cut += 1) {
      try {
        const reply = foldEvents(decodeBytes([bytes.subarray(0, cut)]));
        // The last usage comes with the stop reason: what is read as finished is complete.
        expect(reply).toEqual(complete);
        finished += 1;
      } catch (error) {
        expect(error).toMatchObject({ kind: 'upstream-truncated' });
      }
    }
    // Only what is after the stop reason may be missing.
    expect(finished).toBeLessThanOrEqual(sse([stop]).length + 2);
  });

  it.each([
    ['overloaded_error', 'Overloaded', 'upstream-overloaded'],
    ['api_error', 'Internal server error', 'upstream-error'],
    ['rate_limit_error', 'Slow down', 'upstream-throttled'],
    ['timeout_error', 'Took too long', 'upstream-timeout'],
    ['an_error_of_tomorrow', 'Oh', 'upstream-error'],
  ])('that says %s', (type, message, kind) => {
    const error = { type: 'error', error: { type, message }, request_id: 'req_1' };
    expect(() => decodeEvents([start(), ...text(0, 'a'), error])).toThrow(
      expect.objectContaining({ kind, message, upstreamCode: type }),
    );
  });

  it.each<[string, string]>([
    ['not JSON', 'event: content_block_delta\ndata: {"type":\n\n'],
    ['a delta of the wrong type', sse([delta(0, 'x' as unknown as JsonObject)])],
    ['arguments of no call', sse([delta(4, { type: 'input_json_delta', partial_json: '{}' })])],
    ['a call without a name', sse([blockStart(0, { type: 'tool_use', id: 'a', input: {} })])],
    ['tokens that are no number', sse([messageDelta('end_turn', { output_tokens: 'many' })])],
  ])('that sends %s', (_, bad) => {
    const body = sse([start()]) + bad + sse([messageDelta('end_turn'), stop]);
    expect(() => decodeBytes([new TextEncoder().encode(body)])).toThrow(
      expect.objectContaining({ kind: 'upstream-malformed' }),
    );
  });
});
