// Makes the addons that a release carries: prebuild.mjs [x64] [arm64], both by default. Needs CMake, ninja, g++ and for
// arm64 g++-aarch64-linux-gnu. NODE_ARM64 may name a Node for arm64, with which qemu-user then tries that addon.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, prebuiltPaths, sourcesDigest } from './addon-path.mjs';
import { whyNotLoadable } from './load.mjs';
import { symbolsAboveFloor } from './system-floor.mjs';

const architectures = process.argv.length > 2 ? process.argv.slice(2) : ['x64', 'arm64'];
for (const arch of architectures) {
  if (arch !== 'x64' && arch !== 'arm64') fail(`there is no prebuilt addon for ${arch}: x64 or arm64`);
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync('cmake', ['--workflow', '--preset', `addon-${arch}`], {
    cwd: packageRoot,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) fail(`the addon for ${arch} does not build:\n${stdout}${stderr}`);
  const built = join(packageRoot, `build-tests/${arch}/seal.node`);
  const tooNew = symbolsAboveFloor(built);
  if (tooNew.length > 0) fail(`the addon for ${arch} runs on new systems only:\n  ${tooNew.join('\n  ')}`);
  const node = nodeFor(arch);
  const problem = node === undefined ? undefined : whyNotLoadable(built, node);
  if (problem !== undefined) fail(`the addon for ${arch} does not work: ${problem}`);

  const { directory, addon, facts } = prebuiltPaths(arch);
  mkdirSync(directory, { recursive: true });
  rmSync(addon, { force: true });
  copyFileSync(built, addon);
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  writeFileSync(facts, `${JSON.stringify({ version, sources: sourcesDigest() }, null, 2)}\n`);
  const size = (statSync(addon).size / 2 ** 20).toFixed(1);
  const tried = node === undefined ? 'not tried: NODE_ARM64 names no Node' : 'tried';
  console.error(
    `kernels: prebuilt for linux-${arch} (${size} MiB, ${tried}): ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}

/** The command that runs Node on a processor, if there is one here. @param {string} arch @returns {string[] | undefined} */
function nodeFor(arch) {
  if (arch === process.arch) return [process.execPath];
  const foreign = process.env['NODE_ARM64'];
  return foreign === undefined ? undefined : ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu', foreign];
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`kernels: ${message}`);
  process.exit(1);
}
