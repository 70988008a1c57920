import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { MOST_BYTES, recordAnswer } from '../../../../functions/gateway/idempotency/record-answer.ts';

const stream = (source: Iterable<string> | AsyncIterable<string>) =>
  recordAnswer({ statusCode: 200, headers: {}, body: Readable.from(source, { objectMode: false }) });
const read = (body: string | Readable): Promise<Buffer> =>
  buffer(typeof body === 'string' ? Readable.from(body) : body);

describe('an answer that is listened to', () => {
  it('goes out as it came, and is there once all of it has gone out', async () => {
    const pieces = ['data: "é"\n\n', '', 'data: 🚦\n\n'];
    const recording = stream(pieces);
    expect(recording.body()).toBeUndefined();
    const sent = await read(recording.response.body);
    expect(sent.toString()).toBe(pieces.join(''));
    expect(recording.body()).toEqual(sent);
  });

  it('is not there where it broke off, and the break goes on', async () => {
    const recording = stream(
      (async function* () {
        yield 'data: 1\n\n';
        throw new Error('cut');
      })(),
    );
    await expect(read(recording.response.body)).rejects.toThrow('cut');
    expect(recording.body()).toBeUndefined();
  });

  it('is not there where nobody read it to its end, and its source is let go', async () => {
    let isClosed = false;
    const recording = stream(
      (async function* () {
        try {
          for (;;) yield 'x'.repeat(1_000);
        } finally {
          isClosed = true;
        }
      })(),
    );
    const body = recording.response.body as Readable;
    await body.iterator().next();
    body.destroy();
    await expect.poll(() => isClosed).toBe(true);
    expect(recording.body()).toBeUndefined();
  });

  it('is too large beyond the maximum, streamed and whole', async () => {
    const mega = 'x'.repeat(1_000_000);
    const whole = (body: string) => recordAnswer({ statusCode: 200, headers: {}, body }).body();
    expect(whole('x'.repeat(MOST_BYTES))).toHaveLength(MOST_BYTES);
    expect(whole('x'.repeat(MOST_BYTES + 1))).toBe('too-large');
    const recording = stream(Array.from({ length: 6 }, () => mega));
    expect(await read(recording.response.body)).toHaveLength(6_000_000);
    expect(recording.body()).toBe('too-large');
  });
});
