import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../functions/core/codec.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { createSseFramer } from '../../../functions/framing/sse.ts';
import { growth } from '../../support/growth.ts';

const encoder = new TextEncoder();

function frames(...chunks: readonly (string | Uint8Array)[]): readonly Frame[] {
  const framer = createSseFramer();
  return [
    ...chunks.flatMap((chunk) => framer.push(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)),
    ...framer.end(),
  ];
}

const rawOf = (list: readonly Frame[]): string => list.map((frame) => frame.raw).join('');

describe('the SSE framer', () => {
  it.each([
    ['LF', 'data: a\n\ndata: b\n\n'],
    ['CR LF', 'data: a\r\n\r\ndata: b\r\n\r\n'],
    ['CR', 'data: a\r\rdata: b\r\r'],
    ['a mixture', 'data: a\r\n\ndata: b\n\r\n'],
  ])('ends lines with %s', (_, text) => {
    expect(frames(text).map((frame) => frame.data)).toEqual(['a', 'b']);
    expect(rawOf(frames(text))).toBe(text);
  });

  it('takes a CR LF that is split over two chunks for one line end', () => {
    const [first, second, ...others] = frames('data: a\r', '\n\r', '\ndata: b\r\n\r\n');
    expect(first).toEqual({ data: 'a', raw: 'data: a\r\n\r\n' });
    expect(second).toEqual({ data: 'b', raw: 'data: b\r\n\r\n' });
    expect(others).toEqual([]);
  });

  it('gives a frame as soon as its blank line is there', () => {
    const framer = createSseFramer();
    expect(framer.push(encoder.encode('data: a\n'))).toEqual([]);
    expect(framer.push(encoder.encode('\n'))).toEqual([{ data: 'a', raw: 'data: a\n\n' }]);
  });

  it('joins data lines, takes one space off, and knows fields without a colon', () => {
    expect(frames('data:  two\ndata:none\ndata\ndata: \n\n')[0]?.data).toBe(' two\nnone\n\n');
  });

  it('names the event, and forgets the name after it', () => {
    expect(frames('event: error\ndata: 1\n\ndata: 2\n\nevent:\ndata: 3\n\n')).toEqual([
      { event: 'error', data: '1', raw: 'event: error\ndata: 1\n\n' },
      { data: '2', raw: 'data: 2\n\n' },
      { data: '3', raw: 'event:\ndata: 3\n\n' },
    ]);
  });

  it('forgets the name of an event without data', () => {
    expect(frames('event: ping\n\ndata: 1\n\n')).toEqual([{ data: '1', raw: 'event: ping\n\ndata: 1\n\n' }]);
  });

  it('keeps comments, ids and retries in the raw text of the frame that follows', () => {
    const text = ': OPENROUTER PROCESSING\n\n: again\n\nid: 7\nretry: 10\ndata: x\n\n';
    expect(frames(text)).toEqual([{ data: 'x', raw: text }]);
  });

  it('gives what follows the last frame as a frame without data', () => {
    expect(frames('data: x\n\n: bye\n\n')).toEqual([
      { data: 'x', raw: 'data: x\n\n' },
      { data: '', raw: ': bye\n\n' },
    ]);
  });

  it('takes a last event that lacks only its blank line', () => {
    expect(frames('data: x\n')).toEqual([{ data: 'x', raw: 'data: x\n' }]);
  });

  it('marks a last event that was cut within a line', () => {
    expect(frames('data: {"a":')).toEqual([{ data: '{"a":', raw: 'data: {"a":', incomplete: true }]);
  });

  it('does not mark a cut comment', () => {
    expect(frames(': pi')).toEqual([{ data: '', raw: ': pi' }]);
  });

  it('reads past a byte order mark, and keeps it in the raw text', () => {
    expect(frames('\uFEFFdata: x\n\n')).toEqual([{ data: 'x', raw: '\uFEFFdata: x\n\n' }]);
    expect(frames('data: \uFEFFx\n\n')[0]?.data).toBe('\uFEFFx');
  });

  it('gives nothing for nothing', () => {
    expect(frames()).toEqual([]);
    expect(frames(new Uint8Array())).toEqual([]);
  });

  it('refuses a frame that is too long, in one chunk or in many, and counts comments', () => {
    for (const chunks of [
      [`data: ${'x'.repeat(200)}\n\n`],
      Array.from({ length: 200 }, () => 'data'),
      Array.from({ length: 60 }, () => ':\n\n'),
    ]) {
      const framer = createSseFramer({ maxFrameChars: 100 });
      const push = () => chunks.flatMap((chunk) => framer.push(encoder.encode(chunk)));
      expect(push).toThrow(GatewayError);
      expect(push).toThrow(expect.objectContaining({ kind: 'upstream-malformed' }));
    }
    const enough = createSseFramer({ maxFrameChars: 100 });
    const frame = encoder.encode(`data: ${'x'.repeat(80)}\n\n`);
    expect([...enough.push(frame), ...enough.push(frame)]).toHaveLength(2);
  });

  /** Lines of every sort, with characters of one to four bytes. */
  const stream = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'data: ',
          'data:',
          'event: x',
          ': comment',
          'id: 1',
          '\r',
          '\n',
          '\r\n',
          '\n\n',
          '\r\n\r\n',
          '\r\r',
          '\uFEFF',
        ),
        fc.constantFrom('é', '漢', '🙂', '{"a":1}', '[DONE]', 'plain'),
      ),
      { maxLength: 40 },
    )
    .map((pieces) => pieces.join(''));

  it('gives the same frames at every split, and loses no character', () => {
    fc.assert(
      fc.property(stream, (text) => {
        const bytes = encoder.encode(text);
        const whole = frames(bytes);
        expect(rawOf(whole)).toBe(text);
        for (let at = 0; at <= bytes.length; at += 1) {
          expect(frames(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole);
        }
        expect(frames(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same frames at random splits', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(7), { maxLength: 60 }), (text, sizes) => {
        const bytes = encoder.encode(text);
        const chunks: Uint8Array[] = [];
        let position = 0;
        for (const size of sizes) {
          chunks.push(bytes.subarray(position, position + size));
          position += size;
        }
        chunks.push(bytes.subarray(position));
        expect(frames(...chunks)).toEqual(frames(bytes));
      }),
    );
  });

  it('takes time in proportion to the bytes, however small the chunks of a long line', () => {
    const chunk = encoder.encode('x'.repeat(16));
    const work = (size: number): void => {
      const framer = createSseFramer();
      framer.push(encoder.encode('data: '));
      for (let sent = 0; sent < size; sent += chunk.length) framer.push(chunk);
      expect(framer.push(encoder.encode('\n\n'))[0]?.data).toHaveLength(size);
    };
    // 8 times the bytes: quadratic would be 64 times the time.
    expect(growth(work, 1 << 17, 1 << 20)).toBeLessThan(24);
  });

  it('takes time in proportion to the bytes, however many lines a chunk has', () => {
    const work = (lines: number): void => {
      expect(createSseFramer().push(encoder.encode('data: x\n\n'.repeat(lines)))).toHaveLength(lines);
    };
    expect(growth(work, 5_000, 40_000)).toBeLessThan(24);
  });
});
