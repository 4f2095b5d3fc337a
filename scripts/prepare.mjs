// Plain JavaScript on purpose: it runs on a fresh clone, before anything is installed.
//
//   node scripts/prepare.mjs [packages | kernels | demo | programs]
//
// prepares up to what is named: what gates and pure tests need, what integration tests need, the executables that the demo runs, or
// everything.
import { join } from 'node:path';
import { gitRevision, stages } from './stages.mjs';

const root = join(import.meta.dirname, '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`sealctl needs Node 20.19 or newer; this is ${process.versions.node}`);
  process.exit(1);
}

const upTo = process.argv[2] ?? 'programs';
if (!['packages', 'kernels', 'demo', 'programs'].includes(upTo)) {
  console.error(`scripts/prepare.mjs prepares packages, kernels, demo or programs, not ${upTo}`);
  process.exit(2);
}

const manifests = [
  'package.json',
  'src/core/package.json',
  'src/sealctl/package.json',
  'src/daemons/package.json',
  'native/package.json',
];
const tsx = [process.execPath, '--import', 'tsx'];
const stage = stages(root);
try {
  await stage({
    title: 'install packages',
    reads: ['package-lock.json', ...manifests],
    makes: 'node_modules/.bin/tsx',
    // What has to be compiled is compiled beside the rest, below.
    command: ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'],
  });
  if (upTo !== 'packages') await compile();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

/** Compiles the kernels, and with 'demo' and 'programs' builds all that is shipped; what can run at once does. */
async function compile() {
  const kernels = stage({
    title: 'compile the kernels',
    reads: ['native'],
    makes: 'native/build/Release/seal.node',
    command: ['npm', 'run', 'install', '--workspace=@sealctl/native'],
  });
  const node = () =>
    stage({
      title: 'fetch Node for the executables',
      reads: ['scripts/release/node-runtime.ts'],
      makes: 'node_modules/.cache/sealctl',
      command: [...tsx, 'scripts/release/node-runtime.ts'],
    });
  // Node 24 has SQLite of its own; an older one compiles it for the miner that runs from source.
  const sqlite =
    major >= 24 || upTo === 'demo'
      ? undefined
      : stage({
          title: 'compile SQLite',
          reads: ['package-lock.json'],
          makes: 'node_modules/better-sqlite3/build/Release/better_sqlite3.node',
          command: ['npm', 'rebuild', 'better-sqlite3'],
        });
  const programs =
    upTo === 'kernels'
      ? kernels
      : Promise.all([kernels, node()]).then(() =>
          stage({
            title: 'build the programs',
            reads: ['src', 'scripts', 'native', 'package.json', 'package-lock.json'],
            // They tell which commit they were built from.
            also: gitRevision(root),
            makes: 'dist/release.json',
            command: [...tsx, 'scripts/build.ts'],
          }),
        );
  await Promise.all([programs, sqlite]);
}
