import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runToolBeside } from './run-tool.ts';

/** Modes of everything below a directory as a package wants them, whatever umask made it: what its owner may execute is executable. */
export function settleModes(directory: string): void {
  chmodSync(directory, 0o755);
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const status = lstatSync(path);
    if (status.isDirectory()) settleModes(path);
    else chmodSync(path, (status.mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/** Packs a directory as .tar.gz: the same bytes for the same files, in a fixed order, of one time and of root. */
export async function packTarGz(
  parent: string,
  name: string,
  seconds: number,
  output: string,
): Promise<void> {
  settleModes(join(parent, name));
  const fixed = ['--sort=name', `--mtime=@${seconds}`, '--owner=root:0', '--group=root:0', '--format=ustar'];
  // gzip -n leaves out name and time.
  await runToolBeside('tar', [...fixed, '--use-compress-program=gzip -n', '-C', parent, '-cf', output, name]);
}
