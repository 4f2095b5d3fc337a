import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hostTarget, type Target } from './programs.ts';

/** The addon with the sealing kernels for a target: a prebuilt one, or for this machine the one built here. Throws when there is none. */
export function kernelsFor(root: string, target: Target): string {
  const candidates = [join(root, `native/prebuilds/linux-${target.arch}/seal.node`)];
  if (target === hostTarget()) candidates.unshift(join(root, 'native/build/Release/seal.node'));
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`the kernels for linux-${target.arch} are not built`);
  return found;
}
