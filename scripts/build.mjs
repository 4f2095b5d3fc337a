// Bundles the command lines into dist/: one ESM file each in dist/bin/, runnable with the Node that built them, and all but sealctl also
// as single executables. `node scripts/build.mjs NAME...` builds only these.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { writeReleaseManifest } from './release-manifest.mjs';
import { buildExecutable } from './sea.mjs';

const root = join(import.meta.dirname, '..');
const executables = ['seal-miner', 'seal-worker', 'seal-bench'];
const shebang = '#!/usr/bin/env node';
const packagesOutside = /** @type {const} */ ({ packages: 'external', banner: { js: shebang } });
/**
 * sealctl starts often, and looking for a thousand files takes longer than most of what it is asked. Packages that are no ES modules
 * get what they expect; the addons that ssh2 would use are optional and stay out.
 */
const packagesInside = {
  banner: {
    js: `${shebang}
import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;`,
  },
  external: ['cpu-features', '*.node'],
  minifyWhitespace: true,
  minifySyntax: true,
};
const wanted = process.argv.slice(2);
const programs = ['seal-miner', 'seal-worker', 'sealctl', 'seal-bench'].filter(
  (name) => existsSync(entryPoint(name)) && (wanted.length === 0 || wanted.includes(name)),
);

for (const name of programs) {
  const outfile = join(root, `dist/bin/${name}.js`);
  const { outputFiles } = await build({
    entryPoints: [entryPoint(name)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    logLevel: 'warning',
    ...(name === 'sealctl' ? packagesInside : packagesOutside),
    write: false,
  });
  mkdirSync(join(root, 'dist/bin'), { recursive: true });
  for (const { path, contents } of outputFiles) replace(path, contents);
  if (executables.includes(name)) await buildExecutable(root, name, entryPoint(name));
}

writeReleaseManifest(root);

/** A rename, so that neither a program that starts now nor a second build meets half a file. @param {string} path @param {Uint8Array} contents */
function replace(path, contents) {
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, contents, { mode: path.endsWith('.js') ? 0o755 : 0o644 });
  renameSync(fresh, path);
}

/** @param {string} name */
function entryPoint(name) {
  return join(root, `src/cli/${name}/main.ts`);
}
