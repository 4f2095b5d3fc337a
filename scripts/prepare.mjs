// Plain JavaScript on purpose: it runs on a fresh clone, before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`sealctl needs Node 20.19 or newer; this is ${process.versions.node}`);
  process.exit(1);
}

// Each stage runs again only when what it reads has changed since it last succeeded.
stage('install dependencies', ['package.json', 'package-lock.json'], 'npm', [
  'ci',
  '--no-audit',
  '--no-fund',
]);
if (existsSync(join(root, 'native/binding.gyp'))) {
  stage('build the native kernels', ['native'], join(root, 'node_modules/.bin/node-gyp'), [
    'rebuild',
    '-C',
    'native',
  ]);
}
stage('build the programs', ['src', 'scripts', 'native', 'package-lock.json'], process.execPath, [
  'scripts/build.mjs',
]);

/** @param {string} title @param {string[]} inputs @param {string} command @param {string[]} args */
function stage(title, inputs, command, args) {
  const stamp = join(root, 'node_modules/.sealctl', title.replaceAll(' ', '-'));
  const digest = digestOf(inputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.error(`sealctl: ${title}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error(`sealctl: could not ${title}: ${error?.message ?? `${command} ended with ${status}`}`);
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
  const children = readdirSync(join(root, path)).filter((name) => name !== 'build');
  return children.sort().flatMap((name) => filesBelow(`${path}/${name}`));
}
