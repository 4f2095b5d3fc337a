// Plain JavaScript on purpose: it runs on a fresh clone, before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { programs } from './programs.mjs';

const root = join(import.meta.dirname, '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`sealctl needs Node 20.19 or newer; this is ${process.versions.node}`);
  process.exit(1);
}

// Each stage runs again only when what it reads has changed since it last succeeded, or when what it makes is gone.
stage({
  title: 'install dependencies',
  reads: [
    'package.json',
    'package-lock.json',
    'native/package.json',
    'src/core/package.json',
    'src/daemons/package.json',
    'src/sealctl/package.json',
  ],
  makes: 'node_modules/.bin/esbuild',
  command: ['npm', 'ci', '--no-audit', '--no-fund'],
});
stage({
  title: 'build the native kernels',
  reads: ['native'],
  makes: 'native/build/Release/seal.node',
  // Not `rebuild`: npm ci has just built them on a fresh clone, and nothing is left to do.
  command: [join(root, 'node_modules/.bin/node-gyp'), 'configure', 'build', '-C', 'native', '--jobs', 'max'],
});
stage({
  title: 'build the programs',
  reads: ['src', 'scripts', 'native', 'package-lock.json'],
  makes: 'dist/release.json',
  command: [process.execPath, 'scripts/build.mjs'],
});

linkPrograms();

/** Puts the programs where npx finds them in the checkout. */
function linkPrograms() {
  for (const name of Object.keys(programs)) {
    const link = join(root, 'node_modules/.bin', name);
    rmSync(link, { force: true });
    symlinkSync(`../../dist/bin/${name}.js`, link);
  }
}

/** @param {{title: string, reads: string[], makes: string, command: string[]}} what paths are relative to the repository */
function stage({ title, reads, makes, command: [program = '', ...args] }) {
  const stamp = join(root, 'node_modules/.sealctl', title.replaceAll(' ', '-'));
  const digest = digestOf(reads);
  if (existsSync(join(root, makes)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.error(`sealctl: ${title}`);
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error(`sealctl: could not ${title}: ${error?.message ?? `${program} ended with ${status}`}`);
    process.exit(1);
  }
  mkdirSync(join(root, 'node_modules/.sealctl'), { recursive: true });
  writeFileSync(stamp, digest);
}

/** @param {string[]} inputs files and folders, relative to the repository */
function digestOf(inputs) {
  const hash = createHash('sha256').update(process.version);
  for (const path of inputs.flatMap(filesBelow)) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/** @param {string} path @returns {string[]} */
function filesBelow(path) {
  if (!existsSync(join(root, path))) return [];
  if (statSync(join(root, path)).isFile()) return [path];
  const children = readdirSync(join(root, path)).filter((name) => !name.startsWith('build'));
  return children.sort().flatMap((name) => filesBelow(`${path}/${name}`));
}
