import type { FsStat, StorageInfo } from '@sealctl/core/lotus/rpc-values';
import type { SectorId } from '@sealctl/core/lotus/sector-file';
import type { Sqlite } from './sqlite.ts';

/** One stored path with its sector files: type bit and whether the copy is primary. */
export interface RememberedPath {
  readonly info: StorageInfo;
  readonly stat: FsStat;
  readonly files: readonly { readonly sector: SectorId; readonly type: number; readonly primary: boolean }[];
}

/** The part of the storage index that survives a restart. Health is not part of it: paths report it again. */
export interface IndexStore {
  readonly load: () => RememberedPath[];
  readonly savePath: (info: StorageInfo, stat: FsStat) => void;
  readonly dropPath: (id: string) => void;
  readonly saveFile: (path: string, sector: SectorId, type: number, primary: boolean) => void;
  readonly dropFile: (path: string, sector: SectorId, type: number) => void;
}

interface FileRow {
  readonly path: string;
  readonly miner: number;
  readonly number: number;
  readonly type: number;
  readonly is_primary: number;
}

/** The store on an open database. */
export function makeIndexStore(database: Sqlite): IndexStore {
  const savePath = database.prepare(
    'INSERT INTO storage_paths (id, info, stat) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET info = excluded.info, stat = excluded.stat',
  );
  const dropPath = database.prepare('DELETE FROM storage_paths WHERE id = ?');
  const saveFile = database.prepare(
    'INSERT INTO sector_files (path, miner, number, type, is_primary) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET is_primary = excluded.is_primary',
  );
  const dropFile = database.prepare(
    'DELETE FROM sector_files WHERE path = ? AND miner = ? AND number = ? AND type = ?',
  );
  return {
    load() {
      const rows = database.prepare('SELECT * FROM sector_files').all() as FileRow[];
      const byPath = new Map<string, FileRow[]>();
      for (const row of rows) {
        const files = byPath.get(row.path);
        if (files === undefined) byPath.set(row.path, [row]);
        else files.push(row);
      }
      const paths = database.prepare('SELECT id, info, stat FROM storage_paths').all() as {
        id: string;
        info: string;
        stat: string;
      }[];
      return paths.map(({ id, info, stat }) => ({
        info: JSON.parse(info) as StorageInfo,
        stat: JSON.parse(stat) as FsStat,
        files: (byPath.get(id) ?? []).map(({ miner, number, type, is_primary }) => ({
          sector: { Miner: miner, Number: number },
          type,
          primary: is_primary === 1,
        })),
      }));
    },
    savePath: (info, stat) => void savePath.run(info.ID, JSON.stringify(info), JSON.stringify(stat)),
    dropPath: (id) => void dropPath.run(id),
    saveFile: (path, { Miner, Number: number }, type, primary) =>
      void saveFile.run(path, Miner, number, type, primary ? 1 : 0),
    dropFile: (path, { Miner, Number: number }, type) => void dropFile.run(path, Miner, number, type),
  };
}
