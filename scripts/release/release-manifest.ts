import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildInfo } from '../../src/core/git-version.ts';
import { programs } from './programs.ts';

/**
 * Writes `release.json` beside executables: their digests, in the form that a release of cluster.yaml may name as its manifest, and what
 * they were built from. Programs that are not there are left out.
 */
export function writeReleaseManifest(directory: string, info: BuildInfo): void {
  const built = programs.filter(({ name, role }) => role !== undefined && existsSync(join(directory, name)));
  const manifest = {
    ...info,
    ...Object.fromEntries(
      built.map(({ name, role }) => [role, { file: name, sha256: sha256Of(join(directory, name)) }]),
    ),
  };
  const target = join(directory, 'release.json');
  const fresh = `${target}.${process.pid}.new`;
  writeFileSync(fresh, `${JSON.stringify(manifest, undefined, 2)}\n`);
  renameSync(fresh, target);
}

/** The SHA-256 of a file in hexadecimal digits. */
export function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
