import type { Stats } from 'node:fs';
import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { FsStat } from '@sealctl/core/lotus/rpc-values';

/** Milliseconds for which a measured directory size is reused, and for which a report waits for a new measurement. */
const usageFreshMs = 5_000;
const usageWaitMs = 1_000;

/** Measures how much free space a path has. */
export interface FreeSpaceMeter {
  /** `maxStorageBytes` 0 means no limit. */
  readonly measure: (path: string, maxStorageBytes: number) => Promise<FsStat>;
}

/**
 * Measures free space by statfs. For a path with a limit of its own, it also measures the size of the directory, at most every 5 s. A
 * measurement that takes longer than a second continues in the background, and the last size is reported. Source: docs/spec/lotus.md
 * section 7.4.
 */
export function makeFreeSpaceMeter(now: () => number): FreeSpaceMeter {
  const usages = new Map<string, { bytes: number; at: number; running: Promise<void> | undefined }>();

  async function usedBytes(path: string): Promise<number> {
    const usage = usages.get(path) ?? { bytes: 0, at: -Infinity, running: undefined };
    usages.set(path, usage);
    if (usage.running === undefined && now() - usage.at >= usageFreshMs) {
      usage.running = sizeOfTree(path)
        .then((bytes) => {
          usage.bytes = bytes;
          usage.at = now();
        })
        .finally(() => {
          usage.running = undefined;
        });
      // Callers that wait below receive an error; a late error may have no caller left.
      usage.running.catch(() => undefined);
    }
    if (usage.running !== undefined) await withTimeLimit(usage.running, usageWaitMs);
    return usage.bytes;
  }

  return {
    async measure(path, maxStorageBytes) {
      const fileSystem = await statfs(path);
      const fsAvailable = fileSystem.bavail * fileSystem.bsize;
      const used = maxStorageBytes > 0 ? await usedBytes(path) : 0;
      const left = maxStorageBytes > 0 ? Math.max(0, maxStorageBytes - used) : Infinity;
      return {
        Capacity: fileSystem.blocks * fileSystem.bsize,
        Available: Math.min(fsAvailable, left),
        FSAvailable: fsAvailable,
        Reserved: 0,
        Max: maxStorageBytes,
        Used: used,
      };
    },
  };
}

/** Bytes that a file, or all files below a directory, occupy on disk; 0 for holes and missing files. */
export function sizeOnDisk(path: string): Promise<number> {
  return sizeOfTree(path, (stat) => stat.blocks * blockBytes);
}

/** The unit of st_blocks on every file system. */
const blockBytes = 512;

/** Bytes of all files below a path; a file that is deleted during the walk counts as 0. */
async function sizeOfTree(path: string, sizeOf = (stat: Stats): number => stat.size): Promise<number> {
  const stat = await lstat(path).catch(ifMissing(undefined));
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return sizeOf(stat);
  let total = 0;
  for (const entry of await readdir(path).catch(ifMissing<string[]>([])))
    total += await sizeOfTree(join(path, entry), sizeOf);
  return total;
}

function ifMissing<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}

async function withTimeLimit(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
