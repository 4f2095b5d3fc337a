// Puts the addon in its place: the one that the release carries, or one built here. Says one line a stage; what the
// compiler says goes into a file and is shown only when it fails. Plain JavaScript, for it runs while npm installs.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { addonPath, packageRoot, prebuiltPaths, sourcesDigest, stampPath } from './addon-path.mjs';
import { missingTools, obstacleIn } from './diagnose.mjs';
import { whyNotLoadable } from './load.mjs';

const logPath = join(packageRoot, 'build/install.log');
const shownLines = 40;
const fromSource = ['true', ''].includes(process.env['npm_config_build_from_source'] ?? 'false');

if (process.platform !== 'linux') {
  say(`not built on ${process.platform}: the daemons run on Linux, and sealctl does not need the kernels`);
} else if (!isUpToDate() && (fromSource || !takePrebuilt())) {
  build();
}

/** Whether the addon of these very sources is in place. */
function isUpToDate() {
  if (!existsSync(addonPath) || !existsSync(stampPath)) return false;
  return readFileSync(stampPath, 'utf8') === sourcesDigest() && whyNotLoadable(addonPath) === undefined;
}

/** Takes the addon that the release carries, if it is of these sources and works here. */
function takePrebuilt() {
  const { addon, facts } = prebuiltPaths(process.arch);
  if (!existsSync(addon) || !existsSync(facts)) return false;
  const started = performance.now();
  const digest = sourcesDigest();
  if (JSON.parse(readFileSync(facts, 'utf8')).sources !== digest) {
    say('the prebuilt addon is of other sources, so it is built here');
    return false;
  }
  const problem = whyNotLoadable(addon);
  if (problem !== undefined) {
    say(`the prebuilt addon does not work here (${problem}), so it is built here`);
    return false;
  }
  mkdirSync(dirname(addonPath), { recursive: true });
  // Not written over: a running program may have it mapped.
  rmSync(addonPath, { force: true });
  copyFileSync(addon, addonPath);
  writeFileSync(stampPath, digest);
  done('take the prebuilt addon', started);
  return true;
}

function build() {
  const obstacles = missingTools();
  if (obstacles.length > 0) fail(obstacles);
  const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  mkdirSync(dirname(logPath), { recursive: true });
  const digest = sourcesDigest();
  const werror = process.env['CI'] ? ['--', '-Dseal_werror=1'] : [];
  let log = run('configure', [nodeGyp, 'configure', ...werror]);
  log += run('compile', [nodeGyp, 'build', '--jobs', process.env['npm_config_jobs'] || 'max']);
  writeFileSync(logPath, log);
  const problem = whyNotLoadable(addonPath);
  if (problem !== undefined) {
    fail([{ what: `what was built does not load: ${problem}`, fix: `see ${logPath}` }]);
  }
  writeFileSync(stampPath, digest);
}

/** Runs a stage and returns its output; a failure ends the installation. @param {string} stage @param {string[]} command */
function run(stage, command) {
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(process.execPath, command, {
    cwd: packageRoot,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Errors are wanted also of an installation that npm was told to keep silent.
    env: { ...process.env, ...localHeaders(), npm_config_loglevel: 'warn' },
  });
  const output = `${stdout ?? ''}${stderr ?? ''}`;
  if (status === 0) {
    done(stage, started);
    return output;
  }
  mkdirSync(dirname(logPath), { recursive: true });
  writeFileSync(logPath, output);
  console.error(firstErrors(output));
  fail([
    obstacleIn(output) ?? {
      what: `the stage "${stage}" failed${error === undefined ? '' : `: ${error.message}`}`,
      fix: `read ${logPath}, and report it if these sources should compile`,
    },
  ]);
}

/** Node's own headers, where they came with it, so that nothing is downloaded. @returns {Record<string, string>} */
function localHeaders() {
  if (process.env['npm_config_nodedir']) return {};
  const prefix = dirname(dirname(process.execPath));
  const version = join(prefix, 'include/node/node_version.h');
  const [major] = process.versions.node.split('.');
  if (!existsSync(version)) return {};
  if (!new RegExp(`NODE_MAJOR_VERSION ${major}\\b`).test(readFileSync(version, 'utf8'))) return {};
  return { npm_config_nodedir: prefix };
}

/** The lines from the first error on, or the last ones. @param {string} output */
function firstErrors(output) {
  const lines = output.trimEnd().split('\n');
  const first = lines.findIndex((line) => /\berror:|fatal error|ERR! (?!cwd|node -v)/.test(line));
  const from = first < 0 ? Math.max(0, lines.length - shownLines) : first;
  return lines.slice(from, from + shownLines).join('\n');
}

/** @param {import('./diagnose.mjs').Obstacle[]} obstacles @returns {never} */
function fail(obstacles) {
  say('the sealing kernels cannot be built');
  for (const { what, fix } of obstacles) console.error(`  ${what}\n    fix: ${fix}`);
  console.error(
    '  Only seal-worker, seal-miner and seal-bench need the kernels; sealctl works without them.',
  );
  process.exit(1);
}

/** @param {string} stage @param {number} started */
function done(stage, started) {
  say(`${stage}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** @param {string} text */
function say(text) {
  console.error(`kernels: ${text}`);
}
