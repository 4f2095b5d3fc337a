// Bundles the command lines into dist/: one file each in dist/bin/, runnable with the Node that built them (and for sealctl a second one
// that starts it), and all but sealctl also as single executables. `node scripts/build.mjs NAME...` builds only these.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { programs } from './programs.mjs';
import { writeReleaseManifest } from './release-manifest.mjs';
import { buildExecutable } from './sea.mjs';

const root = join(import.meta.dirname, '..');
const shebang = '#!/usr/bin/env node';
/** The rooms go into the bundle; libraries are found where it lies. */
const packagesOutside = {
  format: /** @type {const} */ ('esm'),
  external: [...librariesOf('core'), ...librariesOf('sealctl'), ...librariesOf('daemons')],
  banner: { js: shebang },
};
/**
 * sealctl starts often, and looking for a thousand files takes longer than most of what it is asked. The addons that ssh2 would use are
 * optional and stay out. Compiled code can be kept of a script, but not of an ES module.
 */
const packagesInside = {
  format: /** @type {const} */ ('cjs'),
  external: ['cpu-features', '*.node'],
  minifyWhitespace: true,
  minifySyntax: true,
};
const wanted = process.argv.slice(2);

for (const [name, { entryPoint, executable }] of Object.entries(programs)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const entry = join(root, entryPoint);
  if (name === 'sealctl') {
    await bundle(entry, 'sealctl.cjs', packagesInside);
    await bundle(join(root, 'src/sealctl/cli/launch.ts'), 'sealctl.js', packagesOutside);
  } else await bundle(entry, `${name}.js`, packagesOutside);
  if (executable) await buildExecutable(root, name, entry);
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

/** @param {string} room @returns {string[]} */
function librariesOf(room) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(root, 'src', room, 'package.json'), 'utf8'),
  );
  return Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith('@sealctl/'));
}
