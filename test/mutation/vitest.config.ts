import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The tests beside what is mutated, with the rooms resolved by path: mutated copies lie in a folder of their own, which no package link
 * names. Of core and of apply the integration tests run as well, for secrets come from files and commands, and the cluster lock, the
 * history and a rollback are scripts on a host.
 */
export default defineConfig({
  root,
  resolve: { alias: [{ find: /^@sealctl\/core\/(.*)$/, replacement: `${root}src/core/$1.ts` }] },
  test: {
    include: ['test/{core,sealctl}/**/*.test.ts'],
    exclude: ['test/sealctl/!(apply)/**/*.integration.test.ts', 'test/sealctl/{spec,cli}/**'],
    setupFiles: ['test/projects/seed.ts'],
    testTimeout: 60_000,
  },
});
