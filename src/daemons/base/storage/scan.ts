import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  parseSectorName,
  sectorFileTypes,
  sectorName,
  type SectorFileTypeName,
  type SectorId,
} from '@sealctl/core/lotus/sector-file';
import { fetchingDirectory, partialNames } from './partial-files.ts';

/** One file or directory of a sector in a storage path. */
export interface SectorFile {
  readonly type: SectorFileTypeName;
  readonly sector: SectorId;
}

export interface Scan {
  readonly files: readonly SectorFile[];
  /** Entries that belong to no sector, relative to the path. Lotus refuses to start because of them; here they are ignored. */
  readonly strange: readonly string[];
}

/** Lists the complete sector files of a storage path. Creates missing type directories. */
export async function scanStoragePath(path: string): Promise<Scan> {
  const files: SectorFile[] = [];
  const strange: string[] = [];
  for (const { name: type } of sectorFileTypes) {
    await mkdir(join(path, type), { recursive: true, mode: 0o755 });
    const partial = await partialNames(join(path, type));
    for (const entry of await readdir(join(path, type))) {
      if (entry === fetchingDirectory || partial.has(entry)) continue;
      const sector = sectorOf(entry);
      if (sector === undefined) strange.push(join(type, entry));
      else files.push({ type, sector });
    }
  }
  return { files, strange };
}

/** Lotus parses `s-t01000-17.bak` as sector 17; here the whole name must match. */
function sectorOf(entry: string): SectorId | undefined {
  try {
    const sector = parseSectorName(entry);
    return sectorName(sector) === entry ? sector : undefined;
  } catch {
    return undefined;
  }
}
