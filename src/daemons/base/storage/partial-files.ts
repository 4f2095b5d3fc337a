import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sectorFileTypes } from '@sealctl/core/lotus/sector-file';
import { exists, readIfThere, writeWhole } from '../repo-files.ts';

/** Directory of downloads in progress and of marks; a crash may leave some. */
export const fetchingDirectory = 'fetching';
// Never change it: a worker must recognize the marks of any other version.
const suffix = '.making';

const makerSchema = z.object({
  call: z.object({ Sector: z.object({ Miner: z.number(), Number: z.number() }), ID: z.string() }),
  method: z.string(),
});

/** The call that makes a file. */
export type PartialFileMaker = z.infer<typeof makerSchema>;

/** The place of a sector's file. Its mark is in the directory of downloads. */
export interface PartialFile {
  readonly file: string;
  readonly staging: string;
}

/** Marks a file as partial: until the mark is removed it is not declared, and only its maker may use it. */
export function markPartial({ staging }: PartialFile, maker: PartialFileMaker): Promise<void> {
  return writeWhole(`${staging}${suffix}`, JSON.stringify(maker), 0o600);
}

export function markComplete({ staging }: PartialFile): Promise<void> {
  return rm(`${staging}${suffix}`, { force: true });
}

export function isPartial({ staging }: PartialFile): Promise<boolean> {
  return exists(`${staging}${suffix}`);
}

/** Removes a file, complete or not, and then its mark. */
export async function removePartial(place: PartialFile): Promise<void> {
  await rm(place.file, { recursive: true, force: true });
  await markComplete(place);
}

/** Names of the entries of one type directory that are marked. */
export async function partialNames(typeDirectory: string): Promise<Set<string>> {
  const entries = await readdir(join(typeDirectory, fetchingDirectory)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return new Set(
    entries.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length)),
  );
}

/** Every marked file of a storage path, and the call that makes it. A mark that cannot be read is left alone. */
export async function partialFiles(
  path: string,
): Promise<(PartialFile & { readonly maker: PartialFileMaker })[]> {
  const found: (PartialFile & { readonly maker: PartialFileMaker })[] = [];
  for (const { name: type } of sectorFileTypes) {
    const directory = join(path, type);
    for (const name of await partialNames(directory)) {
      const place = { file: join(directory, name), staging: join(directory, fetchingDirectory, name) };
      const maker = makerOf((await readIfThere(`${place.staging}${suffix}`)) ?? '');
      if (maker !== undefined) found.push({ ...place, maker });
    }
  }
  return found;
}

/**
 * Removes leftovers of interrupted downloads, copies and tasks, except for sectors for which `isAwaited` returns true. Resolves with the
 * number of removed entries. Call it only while nothing uses the path.
 */
export async function removeLeftovers(
  path: string,
  isAwaited: (sectorName: string) => boolean,
): Promise<number> {
  let removed = 0;
  for (const { name: type } of sectorFileTypes) {
    const directory = join(path, type, fetchingDirectory);
    if (!(await exists(directory))) continue;
    for (const entry of await readdir(directory)) {
      const sector = /^s-t0\d+-\d+(?=\.|$)/.exec(entry)?.[0];
      if (sector === undefined || entry.endsWith(suffix) || isAwaited(sector)) continue;
      await rm(join(directory, entry), { recursive: true, force: true });
      removed += 1;
    }
  }
  return removed;
}

function makerOf(text: string): PartialFileMaker | undefined {
  try {
    return makerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
