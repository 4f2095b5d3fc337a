import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { targets, type Target } from '../../scripts/release/programs.ts';

/** Where `npm run release` leaves what it makes. */
export const released = fileURLToPath(new URL('../../dist/release', import.meta.url));

/** The one artifact whose name matches. Throws when there is none, or more. */
export function artifact(pattern: RegExp): string {
  const found = readdirSync(released).filter((name) => pattern.test(name));
  const [name] = found;
  if (name === undefined || found.length > 1)
    throw new Error(`${found.length} artifacts match ${pattern}: run npm run release`);
  return join(released, name);
}

/** Unpacks an archive into a directory and returns the one folder in it. */
export async function unpack(archive: string, into: string): Promise<string> {
  mkdirSync(into, { recursive: true });
  await execa('tar', ['-xzf', archive, '-C', into]);
  const [folder = ''] = readdirSync(into);
  return join(into, folder);
}

/** The words in front of an executable that run it here: none on its own processor, else an emulator; undefined where there is none. */
export async function runnerFor({ arch, gnu }: Target): Promise<readonly string[] | undefined> {
  if (arch === process.arch) return [];
  const emulated = arch === 'arm64' ? 'aarch64' : 'x86_64';
  for (const name of [`qemu-${emulated}-static`, `qemu-${emulated}`]) {
    const { failed } = await execa(name, ['--version'], { reject: false });
    if (!failed) return [name, '-L', `/usr/${gnu}`];
  }
  return undefined;
}

export { targets };
