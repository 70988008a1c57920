import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../functions/core/codec.ts';
import { createEventStreamFramer } from '../../../functions/framing/aws-event-stream.ts';
import { growth } from '../../support/growth.ts';

const codec = new EventStreamCodec(toUtf8, fromUtf8);
type Headers = Parameters<typeof codec.encode>[0]['headers'];

/** By AWS's own codec. */
const bytesOf = (headers: Headers, payload: string): Uint8Array => codec.encode({ headers, body: fromUtf8(payload) });
const text = (value: string) => ({ type: 'string', value }) as const;
const event = (name: string, payload: string) =>
  bytesOf(
    { ':event-type': text(name), ':content-type': text('application/json'), ':message-type': text('event') },
    payload,
  );

function read(chunks: readonly Uint8Array[]): readonly Frame[] {
  const framer = createEventStreamFramer();
  return [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
}

const malformed = expect.objectContaining({ kind: 'upstream-malformed' });

describe('the AWS event stream', () => {
  it('is read as the SDK writes it', () => {
    const stream = [event('messageStart', '{"role":"assistant"}'), event('contentBlockDelta', '{"a":"通行料 🚧"}')];
    expect(read([new Uint8Array(Buffer.concat(stream))])).toEqual([
      { event: 'messageStart', data: '{"role":"assistant"}', raw: '' },
      { event: 'contentBlockDelta', data: '{"a":"通行料 🚧"}', raw: '' },
    ]);
  });

  it('gives the same frames, however the bytes are cut', () => {
    const payload = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 9 }), payload)), fc.array(fc.nat(2_000)), (events, cuts) => {
        const bytes = new Uint8Array(Buffer.concat(events.map(([name, data]) => event(name, data))));
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const expected = events.map(([name, data]) => ({ event: name, data: toUtf8(fromUtf8(data)), raw: '' }));
        expect(read(chunks)).toEqual(expected);
        expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('may have headers of every type', () => {
    const headers: Headers = {
      a: { type: 'boolean', value: true },
      b: { type: 'boolean', value: false },
      c: { type: 'byte', value: 1 },
      d: { type: 'short', value: 2 },
      e: { type: 'integer', value: 3 },
      g: { type: 'binary', value: Uint8Array.of(1, 2, 3) },
      h: { type: 'timestamp', value: new Date(0) },
      i: { type: 'uuid', value: '01234567-89ab-4def-8123-456789abcdef' },
      ':event-type': text('x'),
    };
    expect(read([bytesOf(headers, 'y')])).toEqual([{ event: 'x', data: 'y', raw: '' }]);
  });

  it('tells exceptions and errors by their names', () => {
    const exception = bytesOf(
      { ':message-type': text('exception'), ':exception-type': text('throttlingException') },
      '{"message":"Slow"}',
    );
    const error = bytesOf(
      { ':message-type': text('error'), ':error-code': text('InternalFailure'), ':error-message': text('Oh') },
      '',
    );
    expect(read([exception, error])).toEqual([
      { event: 'throttlingException', data: '{"message":"Slow"}', raw: '' },
      { event: 'InternalFailureError', data: '{"message":"Oh"}', raw: '' },
    ]);
  });

  it('that ends inside of a message was cut', () => {
    const bytes = event('a', 'b');
    for (let end = 1; end < bytes.length; end += 1) {
      expect(() => read([bytes.subarray(0, end)])).toThrow(expect.objectContaining({ kind: 'upstream-truncated' }));
    }
    expect(read([])).toEqual([]);
  });

  it('with any bit flipped is refused', () => {
    const bytes = event('name', '{"a":1}');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => read([damaged])).toThrow(malformed);
    }
  });

  it('that is a page of HTML is refused at once', () => {
    const framer = createEventStreamFramer();
    expect(() => framer.push(new TextEncoder().encode('<!doctype html><title>Sign in</title>'))).toThrow(malformed);
  });

  it('takes time in proportion to its length, in however many pieces', () => {
    const inPieces = (size: number): void => {
      const bytes = event('a', 'x'.repeat(size));
      const framer = createEventStreamFramer();
      for (let start = 0; start < bytes.length; start += 16) framer.push(bytes.subarray(start, start + 16));
    };
    expect(growth(inPieces, 20_000, 320_000)).toBeLessThan(64);
  });
});
