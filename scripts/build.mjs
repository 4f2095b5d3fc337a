// Bundles the command lines into dist/: one ESM file each, runnable with the Node that built them.
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const programs = ['sealctl', 'seal-miner', 'seal-worker', 'seal-bench'].filter((name) =>
  existsSync(join(root, `src/cli/${name}/main.ts`)),
);

for (const name of programs) {
  const outfile = join(root, `dist/bin/${name}.js`);
  await build({
    entryPoints: [join(root, `src/cli/${name}/main.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    packages: 'external',
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  });
  chmodSync(outfile, 0o755);
}
