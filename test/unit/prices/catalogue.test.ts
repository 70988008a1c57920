import { describe, expect, it } from 'vitest';
import { pricesAt } from '../../../functions/ledger/catalogue.ts';

const inputAt = (window: string, time: string): unknown =>
  pricesAt(
    [
      ['', { i: 2 }],
      [window, { i: 1 }],
    ],
    Date.parse(`2026-11-23T${time}Z`),
  ).input_mtok;

describe('prices of a time of day', () => {
  // DeepSeek's cheap hours, in UTC and in its own time: over midnight in one, within a day in the other.
  it.each(['16:30:00Z/00:30:00Z', '00:30:00+08:00/08:30:00+08:00'])('over midnight, UTC: %s', (window) => {
    expect(
      ['16:29:59', '16:30:00', '23:59:59', '00:00:00', '00:29:59', '00:30:00', '12:00:00'].map((time) =>
        inputAt(window, time),
      ),
    ).toEqual([2, 1, 1, 1, 1, 2, 2]);
  });

  it.each(['12:00:00Z/16:00:00Z', '22:00:00+10:00/02:00:00+10:00', '00:00:00-12:00/04:00:00-12:00'])(
    'within a day, UTC: %s',
    (window) => {
      expect(['11:59:59', '12:00:00', '15:59:59', '16:00:00', '00:00:00'].map((time) => inputAt(window, time))).toEqual(
        [2, 1, 1, 2, 2],
      );
    },
  );
});
