const everything = process.env['SEALCTL_TEST_EVERYTHING'] === '1';

/**
 * How many examples a costly property is tried with: all of `max` where everything is demanded (`npm run test:all` in CI), and a tenth of
 * them in the inner loop, which has to answer within seconds.
 */
export function times(max: number): number {
  return everything ? max : Math.max(4, Math.ceil(max / 10));
}

/** The entries of a long list of cases to try: all where everything is demanded, otherwise one of every ten. */
export function someOf<Entry>(entries: readonly Entry[]): readonly Entry[] {
  return everything ? entries : entries.filter((_, index) => index % 10 === 0);
}
