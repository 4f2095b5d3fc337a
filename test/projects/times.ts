/**
 * How many examples a costly property is tried with: all of `most` where everything is demanded (`npm run test:all` in CI), and a tenth of
 * them in the inner loop, which has to answer within seconds.
 */
export function times(most: number): number {
  return process.env['SEALCTL_TEST_EVERYTHING'] === '1' ? most : Math.max(4, Math.ceil(most / 10));
}
