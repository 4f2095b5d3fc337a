import { defineConfig } from 'vitest/config';

/** Files of the projects below the first two are theirs alone. */
const elsewhere = [
  'test/fleet/**',
  'test/release/**',
  'test/sandbox/**',
  'test/stories/**',
  'test/**/*.long.test.ts',
];

/**
 * The projects differ in what their tests touch; docs/contributors/testing.md describes them. `pure` needs nothing but Node and files,
 * `integration` processes, sockets and the compiled kernels, `stories` real daemons and SSH servers on loopback, `fleet` real Debian hosts
 * (root, systemd-nspawn and mmdebstrap), and `long` minutes.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: [...elsewhere, 'test/**/*.integration.test.ts'],
          setupFiles: ['test/projects/seed.ts', 'test/projects/pure.ts'],
          // Files share threads and modules: loading is most of the work, and nothing outside a test outlives it.
          pool: 'threads',
          isolate: false,
          maxWorkers: 2,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
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
          include: ['test/release/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'stories',
          globalSetup: 'test/stories/build-programs.ts',
          include: ['test/sandbox/**/*.test.ts', 'test/stories/**/*.sandbox.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // They mostly wait, each file for hosts of its own.
          maxWorkers: 5,
        },
      },
      {
        test: {
          name: 'fleet',
          globalSetup: 'test/stories/build-programs.ts',
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
          include: ['test/**/*.long.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
