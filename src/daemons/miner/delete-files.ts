import {
  fileMaskOf,
  fileTypesIn,
  sectorName,
  type SectorFileMask,
  type SectorId,
} from '@sealctl/core/lotus/sector-file';
import type { StorageIndex } from './storage-index.ts';

const timeoutMs = 30_000;

/**
 * Deletes files of a sector on every path that the index lists, by HTTP at their holders, and removes them from the index. Rejects with
 * every file that could not be deleted; a missing file counts as deleted.
 */
export async function deleteFiles(
  index: Pick<StorageIndex, 'findSector' | 'dropSector' | 'paths'>,
  sector: SectorId,
  files: SectorFileMask,
  token: string,
): Promise<void> {
  const failures: string[] = [];
  for (const type of fileTypesIn(files)) {
    const bit = fileMaskOf([type]);
    for (const { ID, BaseURLs } of index.findSector(sector, bit, 0, false)) {
      const url = BaseURLs?.[0];
      if (url === undefined) continue;
      const failure = await deleteAt(`${url}/${type}/${sectorName(sector)}`, token);
      if (failure === undefined) {
        if (index.paths().has(ID)) index.dropSector(ID, sector, bit);
      } else failures.push(failure);
    }
  }
  if (failures.length > 0) throw new Error(failures.join('; '));
}

async function deleteAt(url: string, token: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    // Lotus also answers 500 for a missing file.
    return response.ok || response.status === 404 ? undefined : `${url}: HTTP ${response.status}`;
  } catch (error) {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return `${url}: ${why}`;
  }
}
