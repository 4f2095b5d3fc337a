import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** Builds what is shipped, once before all stories; quick when nothing has changed. */
export async function setup(): Promise<void> {
  await execa(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
}
