import type { FsStat, HealthReport, SectorDeclaration, StorageInfo } from '../../lotus/rpc-values.ts';
import type { SectorFileMask, SectorId } from '../../lotus/sector-file.ts';

/** What a daemon with storage paths tells the cluster's index, and asks it. The miner has it in memory, a worker over RPC. */
export interface StorageIndex {
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
