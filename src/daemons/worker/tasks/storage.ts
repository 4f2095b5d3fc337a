import { cp, rename, rm } from 'node:fs/promises';
import { fail } from '@sealctl/core/problem/problem';
import {
  fileMaskOf,
  fileTypesIn,
  sectorName,
  type SectorFileTypeName,
} from '@sealctl/core/lotus/sector-file';
import type { PathType } from '@sealctl/core/lotus/rpc-values';
import type { LocalFile } from '../../base/storage/local-storage.ts';
import { keepOnly } from '../../base/storage/unsealed-file.ts';
import type { AcquireMode } from '../../base/transfer/sector-files.ts';
import type { CallContext } from '../calls/calls.ts';
import type { TaskDeps } from './task-deps.ts';
import { sizedOf, type SectorOfTask } from './values.ts';

/** GET: fetches files of a sector to this worker. */
export async function fetchFiles(
  { files }: TaskDeps,
  of: SectorOfTask,
  mask: number,
  use: PathType,
  mode: AcquireMode,
  { signal }: CallContext,
): Promise<void> {
  const existing = fileTypesIn(mask);
  const held = await files.acquire({ ...sizedOf(of), existing, use, mode, signal });
  held.release();
}

/**
 * Moves a sector's files into long-term storage on this worker, then removes every other copy. A file that is already in long-term storage
 * stays. The new place is declared before the old one is dropped, so that the index always has one of them.
 */
export async function moveStorage(deps: TaskDeps, of: SectorOfTask, mask: number): Promise<void> {
  for (const type of fileTypesIn(mask)) {
    const here = await deps.storage.filesOf(of.sector, type);
    const from = here.find(({ store }) => store.CanStore) ?? here[0];
    if (from === undefined)
      throw fail({
        code: 'sector-file-missing',
        summary: `${type} of ${sectorName(of.sector)} is not on this worker`,
        fix: 'fetch it first',
      });
    const at = from.store.CanStore ? from : await moveToStore(deps, of, type, from);
    await deps.index.declareSector(at.id, of.sector, fileMaskOf([type]), true);
    await deps.files.removeOthers(sizedOf(of), type, at.id);
  }
}

async function moveToStore(
  deps: TaskDeps,
  of: SectorOfTask,
  type: SectorFileTypeName,
  from: LocalFile,
): Promise<LocalFile> {
  const { place, release } = await deps.files.place(sizedOf(of), type, 'storage');
  try {
    await rm(place.file, { recursive: true, force: true });
    try {
      await rename(from.file, place.file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      // The target is on another file system: the file is copied to the staging path and renamed when it is complete.
      await rm(place.staging, { recursive: true, force: true });
      await cp(from.file, place.staging, { recursive: true, preserveTimestamps: true });
      await rename(place.staging, place.file);
    }
    await deps.index.declareSector(place.id, of.sector, fileMaskOf([type]), true);
    await deps.index.dropSector(from.id, of.sector, fileMaskOf([type]));
    await rm(from.file, { recursive: true, force: true });
    return place;
  } finally {
    release();
  }
}

/** A range of unpadded bytes to keep. */
export interface KeptRange {
  readonly Offset: number;
  readonly Size: number;
}

/** FUS: frees the space of unsealed data outside of `keep`. With nothing to keep, it deletes every copy in the cluster. */
export async function releaseUnsealed(
  deps: TaskDeps,
  of: SectorOfTask,
  keep: readonly KeptRange[],
): Promise<void> {
  if (keep.length === 0) return deps.files.removeOthers(sizedOf(of), 'unsealed', '');
  const ranges = keep.map(({ Offset, Size }) => ({ offset: (Offset / 127) * 128, size: (Size / 127) * 128 }));
  for (const { file } of await deps.storage.filesOf(of.sector, 'unsealed'))
    await keepOnly(file, of.proof.sectorBytes, ranges);
}
