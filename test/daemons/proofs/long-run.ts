import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Where the long tests put the files of their sectors of 512 MiB. */
export const longRunDirectory = process.env['SEAL_TEST_DIR'] ?? tmpdir();

/** What those files take at the most: two graphs, a sector with layers and trees, and layers computed again. */
const neededGibibytes = 7;

/** What keeps this machine from running the long tests. */
export function obstaclesToLongRun(): { readonly what: string; readonly remedy: string }[] {
  const { bavail, bsize } = statfsSync(longRunDirectory);
  const free = (bavail * bsize) / 2 ** 30;
  if (free >= neededGibibytes) return [];
  return [
    {
      what: `${longRunDirectory} has ${free.toFixed(1)} GiB left of the ${neededGibibytes} GiB that sectors of 512 MiB take`,
      remedy: 'free space there, or name another directory in SEAL_TEST_DIR',
    },
  ];
}
