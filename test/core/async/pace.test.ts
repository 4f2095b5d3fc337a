import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePacer } from '../../../src/core/async/pace.ts';

describe('a pacer', () => {
  it('lets no more pass than its rate, whatever the sizes and pauses', async () => {
    const steps = fc.array(fc.record({ bytes: fc.nat(10_000), idle: fc.nat(5_000) }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        let clock = 0;
        const pacer = makePacer(
          1000,
          () => clock,
          async (milliseconds) => void (clock += milliseconds),
        );
        for (const { bytes, idle } of list) {
          const begun = clock;
          await pacer.pass(bytes);
          expect(clock - begun).toBeCloseTo(bytes, 3);
          clock += idle;
        }
      }),
    );
  });

  it('a transfer without a limit never waits', async () => {
    const pacer = makePacer(
      0,
      () => 0,
      () => Promise.reject(new Error('waited')),
    );
    await expect(pacer.pass(2 ** 40)).resolves.toBeUndefined();
  });
});
