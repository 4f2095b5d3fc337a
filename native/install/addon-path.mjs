// Where the addon lies, once installed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this package. */
export const packageRoot = dirname(import.meta.dirname);
/** The addon that programs load, whether it was built here or came prebuilt. */
export const addonPath = join(packageRoot, 'build/Release/seal.node');
/** Holds the digest of the sources that `addonPath` was made from. */
export const stampPath = join(packageRoot, 'build/sources.sha256');

/** The addon that a release carries for a processor, and what is known of it. @param {string} arch as `process.arch` has it */
export function prebuiltPaths(arch) {
  const directory = join(packageRoot, 'prebuilds', `linux-${arch}`);
  return { directory, addon: join(directory, 'seal.node'), facts: join(directory, 'seal.json') };
}

/** SHA-256 over every file that the addon is built from. @param {string} root the package's folder */
export function sourcesDigest(root = packageRoot) {
  const hash = createHash('sha256');
  for (const path of [
    'binding.gyp',
    'flags.gypi',
    ...filesBelow(root, 'binding'),
    ...filesBelow(root, 'kernels'),
  ]) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** @param {string} root @param {string} directory @returns {string[]} */
function filesBelow(root, directory) {
  if (!existsSync(join(root, directory))) return [];
  return readdirSync(join(root, directory), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(root, `${directory}/${entry.name}`) : [`${directory}/${entry.name}`],
    );
}
