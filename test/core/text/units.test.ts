import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  durationText,
  formatBytes,
  formatDuration,
  parseBytes,
  parseCpuList,
  parseDuration,
} from '../../../src/core/text/units.ts';

describe('units', () => {
  it('sizes are powers of 1024, as in Lotus', () => {
    for (const text of ['64GiB', '64GB', '64G', '64g', '64 gib', 68_719_476_736]) {
      expect(parseBytes(text)).toBe(68_719_476_736);
    }
    expect(parseBytes('1.5TiB')).toBe(1.5 * 2 ** 40);
    expect(parseBytes('0')).toBe(0);
    for (const text of ['', '1.5', '0.3KiB', '9PiBB', '-1', '8192PiB', 1.5, -1])
      expect(parseBytes(text)).toBeUndefined();
  });

  it('a size that is shown is read again', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseBytes(formatBytes(bytes))).toBe(bytes);
      }),
    );
    expect(formatBytes(64 * 2 ** 30)).toBe('64GiB');
  });

  it('times add up', () => {
    expect(parseDuration('1h30m')).toBe(5_400_000);
    expect(parseDuration('1d')).toBe(86_400_000);
    expect(parseDuration('250ms')).toBe(250);
    expect(parseDuration('1.5s')).toBe(1500);
    for (const text of ['', '30', '30 s', 's', '1h 30m', '1w']) expect(parseDuration(text)).toBeUndefined();
  });

  it('a time that is shown is read again', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 12), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
    expect([12 * 3_600_000, 5_400_000, 250, 0].map(formatDuration)).toEqual(['12h', '1h30m', '250ms', '0s']);
  });

  it('CPU lists have numbers and stretches', () => {
    expect(parseCpuList('0-3,8')).toEqual([
      { first: 0, last: 3 },
      { first: 8, last: 8 },
    ]);
    for (const text of ['', '3-1', 'a', '1-', '1,,2']) expect(parseCpuList(text)).toBeUndefined();
  });
});

describe('a duration for people', () => {
  it.each([
    [0, '0s'],
    [499, '0s'],
    [12_300, '12s'],
    [60_000, '1m'],
    [83_000, '1m 23s'],
    [3_600_000, '1h'],
    [4_320_000, '1h 12m'],
    [3_605_000, '1h'],
    [180_000_000, '2d 2h'],
  ])('of %i ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
