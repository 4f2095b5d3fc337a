import type { SectorFileMask } from '@sealctl/core/lotus/sector-file';

/** Files of one sector on one path. */
export interface FileLocation {
  readonly path: string;
  readonly files: SectorFileMask;
}

/** The paths that hold files of a sector, updated with every declaration: a cycle looks up few of the many sectors. */
export interface FileIndex {
  /** By `sectorName`; the map is live. */
  readonly bySector: ReadonlyMap<string, readonly FileLocation[]>;
  /** Sets the files that a path holds of the named sector; 0 for none. */
  readonly set: (name: string, path: string, files: SectorFileMask) => void;
}

export function makeFileIndex(): FileIndex {
  const bySector = new Map<string, FileLocation[]>();
  return {
    bySector,
    set(name, path, files) {
      const others = (bySector.get(name) ?? []).filter((holding) => holding.path !== path);
      if (files !== 0) others.push({ path, files });
      if (others.length === 0) bySector.delete(name);
      else bySector.set(name, others);
    },
  };
}
