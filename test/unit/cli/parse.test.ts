import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { orNone, parseCount, parseExpiry, parseList, parseUsd } from '../../../cli/parse.ts';

describe('values of options', () => {
  it('reads counts', () => {
    expect(parseCount('0')).toBe(0);
    expect(parseCount('600')).toBe(600);
    for (const text of ['', '-1', '1.5', '1e3', '0x10', ' 6', 'ten', '9999999999999999']) {
      expect(() => parseCount(text)).toThrow(InvalidArgumentError);
    }
  });

  it('reads dollars', () => {
    expect(parseUsd('25')).toBe(25);
    expect(parseUsd('$0.50')).toBe(0.5);
    expect(parseUsd('0.000000001')).toBe(1e-9);
    for (const text of ['', '-1', '1e3', '.5', '0.0000000001', '5 USD', 'Infinity', '5$']) {
      expect(() => parseUsd(text)).toThrow(InvalidArgumentError);
    }
  });

  it('reads lists', () => {
    expect(parseList('smart, fast,')).toEqual(['smart', 'fast']);
    expect(() => parseList(' , ')).toThrow(InvalidArgumentError);
  });

  it('reads a date as its last moment, a time as it is', () => {
    expect(new Date(parseExpiry('2027-01-31')).toISOString()).toBe('2027-01-31T23:59:59.999Z');
    expect(new Date(parseExpiry('2027-01-31T18:00:00+02:00')).toISOString()).toBe('2027-01-31T16:00:00.000Z');
    for (const text of ['', '2027', '2027-02-30', '31.01.2027', 'tomorrow', '2027-01-31T25:00Z', '1800000000']) {
      expect(() => parseExpiry(text)).toThrow(InvalidArgumentError);
    }
  });

  it('reads "none" as no limit where that is possible', () => {
    expect(orNone(parseCount)('none')).toBe('none');
    expect(orNone(parseCount)('7')).toBe(7);
    expect(() => orNone(parseCount)('nothing')).toThrow(InvalidArgumentError);
  });
});
