import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coversRange,
  decodeRuns,
  encodeTrailer,
  joinedRanges,
} from '../../../src/core/lotus/unsealed-trailer.ts';

const ranges = fc.array(
  fc.record({ offset: fc.integer({ min: 0, max: 2 ** 40 }), size: fc.integer({ min: 0, max: 2 ** 36 }) }),
  { maxLength: 8 },
);

describe('the trailer of an unsealed file', () => {
  it('gives back the ranges that were put in, joined', () => {
    fc.assert(
      fc.property(ranges, (present) => {
        const trailer = encodeTrailer(present);
        expect(trailer.readUInt32LE(trailer.length - 4)).toBe(trailer.length - 4);
        expect(decodeRuns(trailer.subarray(0, -4))).toEqual(joinedRanges(present));
      }),
    );
  });

  it('writes one run from the start as version 0, a set bit, a long block and a varint', () => {
    // 00 version, 1 first run set, 00 long block, then the varint of 2048 (80 10), all lowest bit first.
    expect(encodeTrailer([{ offset: 0, size: 2048 }]).toString('hex')).toBe('04100203000000');
  });

  it('knows what is covered, across touching ranges and not across gaps', () => {
    const present = [
      { offset: 0, size: 128 },
      { offset: 128, size: 128 },
      { offset: 512, size: 128 },
    ];
    expect(coversRange(present, { offset: 64, size: 128 })).toBe(true);
    expect(coversRange(present, { offset: 128, size: 512 })).toBe(false);
    expect(coversRange([], { offset: 0, size: 1 })).toBe(false);
  });

  it('refuses trailers that are cut off or of another version', () => {
    expect(() => decodeRuns(Buffer.from([0x01]))).toThrow('version');
    expect(() => decodeRuns(Buffer.from([0x04, 0xf0]))).toThrow('cut off');
  });
});
