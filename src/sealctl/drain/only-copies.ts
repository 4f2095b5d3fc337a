import type { SectorDeclaration } from '@sealctl/core/lotus/rpc-values';
import { sectorName, type SectorFileMask, type SectorId } from '@sealctl/core/lotus/sector-file';

/** Files of a sector that only the given paths have. */
export interface OnlyCopy {
  readonly sector: SectorId;
  readonly files: SectorFileMask;
  /** IDs of the paths that have them. */
  readonly paths: readonly string[];
}

/** The miner's storage index: sectors by path ID. */
export type SectorsByPath = Readonly<Record<string, readonly SectorDeclaration[] | null>>;

/** Files that the index has on `own` paths and on no other, sector by sector in the order of their numbers. */
export function onlyCopies(index: SectorsByPath, own: ReadonlySet<string>): OnlyCopy[] {
  const elsewhere = new Map<string, SectorFileMask>();
  const here = new Map<string, OnlyCopy>();
  for (const [path, declarations] of Object.entries(index)) {
    for (const declaration of declarations ?? []) {
      const sector = { Miner: declaration.Miner, Number: declaration.Number };
      const name = sectorName(sector);
      if (own.has(path)) {
        const known = here.get(name) ?? { sector, files: 0, paths: [] };
        here.set(name, {
          ...known,
          files: known.files | declaration.SectorFileType,
          paths: [...known.paths, path],
        });
      } else {
        elsewhere.set(name, (elsewhere.get(name) ?? 0) | declaration.SectorFileType);
      }
    }
  }
  return [...here]
    .map(([name, copy]) => ({ ...copy, files: copy.files & ~(elsewhere.get(name) ?? 0) }))
    .filter(({ files }) => files !== 0)
    .toSorted((a, b) => a.sector.Miner - b.sector.Miner || a.sector.Number - b.sector.Number);
}
