import type { SectorFileMask } from '@sealctl/core/lotus/sector-file';

/** Files of one sector on one path. */
export interface FileLocation {
  readonly path: string;
  readonly files: SectorFileMask;
}

/** Which paths hold files of a sector, kept up with every declaration: a cycle asks for few sectors of the many there are. */
export interface FileIndex {
  /** By `sectorName`; it changes with the index. */
  readonly bySector: ReadonlyMap<string, readonly FileLocation[]>;
  /** Replaces what a path holds of the sector of a name; 0 for nothing. */
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
