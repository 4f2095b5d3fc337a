import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateText, leftMs, usualTimesOf } from '../../../src/sealctl/observe/usual-times.ts';

const record = (Task: string, ProofType: number, Count: number, MedianMs: number) => ({
  Task,
  ProofType,
  Count,
  MedianMs,
});

describe('how long a task usually takes', () => {
  it('is the record with the most tasks where proofs of one size have each their own', () => {
    const records = [record('c2', 5, 40, 900), record('c2', 0, 2, 100), record('pc1', 5, 1, 7)];
    expect(usualTimesOf(records)).toEqual(
      new Map([
        ['c2', 900],
        ['pc1', 7],
      ]),
    );
  });

  it('says what is left, that it takes longer, or that nothing is known', () => {
    expect(estimateText(12_000, 40_000)).toBe('about 28s left');
    expect(estimateText(41_000, 40_000)).toBe('longer than the usual 40s');
    expect(estimateText(41_000, undefined)).toBe('no estimate yet');
  });

  it('never leaves less than nothing, nor more than the whole', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (elapsed, usual) => {
        const left = leftMs(elapsed, usual);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left).toBeLessThanOrEqual(usual);
      }),
    );
  });
});
