// The installation on machines that lack something. Each test takes a copy of the package, so that nothing here is built.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { addonPath, packageRoot, sourcesDigest } from './addon-path.mjs';

const modules = dirname(dirname(createRequire(import.meta.url).resolve('node-gyp/package.json')));

/** @type {string} */
let home;
/** @type {string} */
let copy;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kernels-'));
  copy = join(home, 'native');
  for (const path of ['binding', 'kernels', 'install', 'binding.gyp', 'flags.gypi', 'package.json']) {
    cpSync(join(packageRoot, path), join(copy, path), { recursive: true });
  }
  symlinkSync(modules, join(home, 'node_modules'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('a prebuilt addon of these sources that works is taken, and no tool is asked for', () => {
  prebuilt(addonPath, sourcesDigest());
  const { status, stderr } = install({ PATH: '/nowhere' });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^kernels: take the prebuilt addon: [\d.]+ s\n$/);
  assert.deepEqual(readFileSync(join(copy, 'build/Release/seal.node')), readFileSync(addonPath));
});

test('an installation that has its addon does nothing', () => {
  prebuilt(addonPath, sourcesDigest());
  install({});
  assert.equal(install({ PATH: '/nowhere' }).stderr, '');
});

test('a prebuilt addon that does not load is passed over, with the reason', () => {
  const broken = join(home, 'broken.node');
  writeFileSync(broken, 'no addon');
  prebuilt(broken, sourcesDigest());
  const { status, stderr } = install({ PATH: '/nowhere' });
  assert.equal(status, 1);
  assert.match(stderr, /prebuilt addon does not work here \(.*(file too short|invalid ELF header)/);
});

test('a prebuilt addon of other sources is passed over', () => {
  prebuilt(addonPath, 'another digest');
  assert.match(install({ PATH: '/nowhere' }).stderr, /the prebuilt addon is of other sources/);
});

test('on a machine without tools every missing one is named, each with what to do', () => {
  const { status, stderr } = install({ PATH: '/nowhere' });
  assert.equal(status, 1);
  assert.match(stderr, /make is missing\n +fix: install it/);
  assert.match(stderr, /Python 3 is missing: python3 does not run\n +fix: install it/);
  assert.match(stderr, /a C\+\+ compiler is missing: g\+\+ does not run\n +fix: install one/);
});

test('a compiler that is too old is named with its version', () => {
  program('old-g++', 'case "$1" in --version) echo "g++ (Old) 9.4.0";; *) exit 1;; esac');
  const { stderr } = install({ CXX: join(home, 'old-g++') });
  assert.match(stderr, /too old: g\+\+ \(Old\) 9\.4\.0 does not compile C\+\+20\n +fix: install GCC 11/);
  assert.doesNotMatch(stderr, /make is missing/);
});

test('headers that cannot be downloaded are named, and the log is kept', () => {
  // A Node without headers beside it, and nobody at the place to download them from.
  mkdirSync(join(home, 'bin'));
  copyFileSync(process.execPath, join(home, 'bin/node'));
  const environment = {
    npm_config_nodedir: '',
    npm_config_disturl: 'http://127.0.0.1:9/',
    npm_config_devdir: join(home, 'no-headers'),
  };
  const { status, stderr } = install(environment, join(home, 'bin/node'));
  assert.equal(status, 1);
  assert.match(stderr, /Node's headers could not be downloaded\n +fix: set npm_config_nodedir/);
  assert.equal(existsSync(join(copy, 'build/install.log')), true);
});

test('a source that does not compile shows the first error, and not the whole log', () => {
  for (const file of readdirSync(copy, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.cpp')) writeFileSync(join(copy, file), '');
  }
  writeFileSync(join(copy, 'kernels/cpu.cpp'), 'int first = "no number";\n');
  const { status, stderr } = install({});
  assert.equal(status, 1);
  assert.match(stderr, /kernels: configure: [\d.]+ s\n/);
  assert.match(stderr, /error: invalid conversion/);
  assert.match(stderr, /the stage "compile" failed\n +fix: read .*install\.log/);
});

/** @param {string} addon @param {string} sources */
function prebuilt(addon, sources) {
  const directory = join(copy, `prebuilds/linux-${process.arch}`);
  mkdirSync(directory, { recursive: true });
  cpSync(addon, join(directory, 'seal.node'));
  writeFileSync(join(directory, 'seal.json'), JSON.stringify({ sources }));
}

/** @param {string} name @param {string} script */
function program(name, script) {
  writeFileSync(join(home, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(home, name), 0o755);
}

/** @param {Record<string, string>} environment @param {string} node */
function install(environment, node = process.execPath) {
  return spawnSync(node, [join(copy, 'install/install.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, CI: '', ...environment },
  });
}
