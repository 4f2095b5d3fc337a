import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './places.ts';

const builder = join(import.meta.dirname, 'build-base.sh');

/**
 * The root file system that all hosts share, made once for each version of its recipe (about 30 s, 170 MB, from the Debian mirror).
 * Two who ask at the same time wait for one build.
 */
export async function ensureBase(report: (line: string) => void): Promise<string> {
  const recipe = createHash('sha256').update(readFileSync(builder)).digest('hex').slice(0, 12);
  const base = join(cacheFolder, `base-${recipe}`);
  if (existsSync(base)) return base;
  report(`building the base system of the test hosts in ${base} (once, about half a minute)`);
  mkdirSync(cacheFolder, { recursive: true });
  await execa('flock', [join(cacheFolder, 'lock'), builder, base]);
  return base;
}
