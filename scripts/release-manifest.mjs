// Writes dist/release.json: the built executables with their digests, in the form a release of cluster.yaml may name as its manifest.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} root The repository. Programs that are not built are left out. */
export function writeReleaseManifest(root) {
  const programs = { worker: 'seal-worker', miner: 'seal-miner' };
  const built = Object.entries(programs).filter(([, file]) => existsSync(join(root, 'dist', file)));
  const manifest = Object.fromEntries(
    built.map(([role, file]) => [role, { file, sha256: sha256Of(join(root, 'dist', file)) }]),
  );
  const target = join(root, 'dist/release.json');
  const fresh = `${target}.${process.pid}.new`;
  writeFileSync(fresh, `${JSON.stringify(manifest, undefined, 2)}\n`);
  renameSync(fresh, target);
}

/** @param {string} file */
function sha256Of(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
