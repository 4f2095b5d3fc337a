// Bundles the command lines into dist/: one file each in dist/bin/, runnable with the Node that built them (and for sealctl a second one
// that starts it), and all but sealctl also as single executables. `node scripts/build.mjs NAME...` builds only these.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { writeReleaseManifest } from './release-manifest.mjs';
import { buildExecutable } from './sea.mjs';

const root = join(import.meta.dirname, '..');
const executables = ['seal-miner', 'seal-worker', 'seal-bench'];
const shebang = '#!/usr/bin/env node';
const packagesOutside = /** @type {const} */ ({
  packages: 'external',
  format: 'esm',
  banner: { js: shebang },
});
/**
 * sealctl starts often, and looking for a thousand files takes longer than most of what it is asked. The addons that ssh2 would use are
 * optional and stay out. Compiled code can be kept of a script, but not of an ES module.
 */
const packagesInside = /** @type {const} */ ({
  format: 'cjs',
  external: ['cpu-features', '*.node'],
  minifyWhitespace: true,
  minifySyntax: true,
});
const wanted = process.argv.slice(2);
const programs = ['seal-miner', 'seal-worker', 'sealctl', 'seal-bench'].filter(
  (name) => existsSync(entryPoint(name, 'main')) && (wanted.length === 0 || wanted.includes(name)),
);

for (const name of programs) {
  if (name === 'sealctl') {
    await bundle(entryPoint(name, 'main'), 'sealctl.cjs', packagesInside);
    await bundle(entryPoint(name, 'launch'), 'sealctl.js', packagesOutside);
  } else await bundle(entryPoint(name, 'main'), `${name}.js`, packagesOutside);
  if (executables.includes(name)) await buildExecutable(root, name, entryPoint(name, 'main'));
}

writeReleaseManifest(root);

/** @param {string} entry @param {string} file below dist/bin @param {typeof packagesInside | typeof packagesOutside} packages */
async function bundle(entry, file, packages) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    outfile: join(root, 'dist/bin', file),
    bundle: true,
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'warning',
    ...packages,
    external: [...('external' in packages ? packages.external : [])],
    write: false,
  });
  mkdirSync(join(root, 'dist/bin'), { recursive: true });
  for (const { path, contents } of outputFiles) replace(path, contents);
}

/** A rename, so that neither a program that starts now nor a second build meets half a file. @param {string} path @param {Uint8Array} contents */
function replace(path, contents) {
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, contents, { mode: path.endsWith('.js') ? 0o755 : 0o644 });
  renameSync(fresh, path);
}

/** @param {string} name @param {'main' | 'launch'} start */
function entryPoint(name, start) {
  return join(root, `src/cli/${name}/${start}.ts`);
}
