import { defineConfig } from 'vitest/config';

/**
 * `unit` needs nothing but Node, `long` minutes as well. `sandbox` starts real daemons and SSH servers on loopback. `fleet` boots real Debian hosts and needs
 * root, systemd-nspawn and mmdebstrap; `scripts/test.ts` decides whether it can run and says so when it cannot.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/fleet/**',
            'test/release/**',
            'test/sandbox/**',
            'test/stories/**',
            'test/**/*.long.test.ts',
          ],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Vitest leaves a processor to itself, which would be half of a small machine; and some files mostly wait.
          maxWorkers: 3,
          setupFiles: ['test/seed.ts'],
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
          name: 'long',
          include: ['test/**/*.long.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'sandbox',
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
    ],
  },
});
