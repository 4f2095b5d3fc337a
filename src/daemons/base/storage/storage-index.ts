import type {
  FsStat,
  HealthReport,
  PathType,
  SectorDeclaration,
  SectorStorageInfo,
  StorageInfo,
} from '@sealctl/core/lotus/rpc-values';
import type { SectorFileMask, SectorId } from '@sealctl/core/lotus/sector-file';

/** The calls of a daemon with storage paths to the cluster's index. The miner has the index in memory, a worker calls it over RPC. */
export interface StorageIndexClient {
  readonly attach: (info: StorageInfo, stat: FsStat) => Promise<void>;
  readonly detach: (id: string, url: string) => Promise<void>;
  readonly reportHealth: (id: string, report: HealthReport) => Promise<void>;
  readonly declareSector: (
    id: string,
    sector: SectorId,
    files: SectorFileMask,
    primary: boolean,
  ) => Promise<void>;
  readonly dropSector: (id: string, sector: SectorId, files: SectorFileMask) => Promise<void>;
  /** By path id. */
  readonly list: () => Promise<Readonly<Record<string, readonly SectorDeclaration[] | null>>>;
}

/** The calls of a task to the index. */
export interface SectorIndex extends Pick<StorageIndexClient, 'declareSector' | 'dropSector'> {
  /** The paths that hold any of the files. */
  readonly findSector: (
    sector: SectorId,
    files: SectorFileMask,
    sectorBytes: number,
  ) => Promise<readonly SectorStorageInfo[]>;
  /** Paths of the whole cluster with space for the files, best first. */
  readonly bestAlloc: (
    files: SectorFileMask,
    sectorBytes: number,
    use: PathType,
    miner: number,
  ) => Promise<readonly StorageInfo[]>;
}
