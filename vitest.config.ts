import { defineConfig } from 'vitest/config';

/** Properties are tried with more examples (test/projects/times.ts). */
const everything = process.env['SEALCTL_TEST_EVERYTHING'] === '1';

/** Files of the projects below the first two are theirs alone. */
const elsewhere = [
  'test/fleet/**',
  'test/release/**',
  'test/sandbox/**',
  'test/stories/**',
  'test/**/*.long.test.ts',
];

/** Stories that break something again and again, which takes most of the time of all stories. */
const faultStories = ['test/stories/{faults,sealing-faults,interrupted,trust,miner-killed}.sandbox.test.ts'];

const inSandbox = {
  globalSetup: 'test/stories/build-programs.ts',
  runner: 'test/projects/steps-runner.ts',
  testTimeout: 300_000,
  hookTimeout: 300_000,
  // They mostly wait, each file for hosts of its own.
  maxWorkers: 5,
};

/**
 * The projects differ in what their tests touch; docs/contributors/testing.md describes them. `pure` needs nothing but Node and files,
 * `integration` processes, sockets and the compiled kernels, `stories` and `faults` real daemons and SSH servers on loopback, `fleet` real Debian hosts
 * (root, systemd-nspawn and mmdebstrap), and `long` minutes. Each has a place in the order, so that one run may take files of several.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'pure',
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.ts'],
          exclude: [...elsewhere, 'test/**/*.integration.test.ts'],
          setupFiles: ['test/projects/seed.ts', 'test/projects/pure.ts'],
          // Files share threads and modules: loading is most of the work, and nothing outside a test outlives it.
          pool: 'threads',
          isolate: false,
          maxWorkers: 2,
          testTimeout: everything ? 300_000 : 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          sequence: { groupOrder: 1 },
          include: ['test/**/*.integration.test.ts'],
          exclude: elsewhere,
          setupFiles: ['test/projects/seed.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Vitest leaves a processor to itself, which would be half of a small machine; and some files mostly wait.
          maxWorkers: 3,
        },
      },
      {
        test: {
          // Of what `npm run release` made, which runs it.
          name: 'release',
          sequence: { groupOrder: 2 },
          include: ['test/release/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'stories',
          sequence: { groupOrder: 3 },
          ...inSandbox,
          include: ['test/sandbox/**/*.test.ts', 'test/stories/**/*.sandbox.test.ts'],
          exclude: faultStories,
        },
      },
      {
        test: {
          name: 'faults',
          sequence: { groupOrder: 4 },
          ...inSandbox,
          include: faultStories,
        },
      },
      {
        test: {
          name: 'fleet',
          sequence: { groupOrder: 5 },
          globalSetup: 'test/stories/build-programs.ts',
          runner: 'test/projects/steps-runner.ts',
          include: ['test/fleet/**/*.test.ts', 'test/stories/**/*.fleet.test.ts'],
          setupFiles: ['test/fleet/inside-network.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          // They mostly wait, each file for hosts of its own.
          maxWorkers: 5,
        },
      },
      {
        test: {
          name: 'long',
          sequence: { groupOrder: 6 },
          include: ['test/**/*.long.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
