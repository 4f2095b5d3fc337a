import type { ResourceTable } from './resource-table.ts';
import type { SectorFileMask, SectorId } from './sector-file.ts';

/** Version numbers on the wire are major<<16 | minor<<8 | patch. */
export const minerApiVersion = 66816;
export const workerApiVersion = 67328;

/** A session of nobody: what a closing worker answers, and where results without a live worker are listed. */
export const zeroUuid = '00000000-0000-0000-0000-000000000000';

/** `1.5.0` of 66816. */
export function apiVersionText(version: number): string {
  return `${version >> 16}.${(version >> 8) & 255}.${version & 255}`;
}

/** Answer of the miner's `Version`. */
export interface MinerVersion {
  readonly Version: string;
  readonly APIVersion: number;
  /** Seconds between two epochs of the chain. */
  readonly BlockDelay: number;
  readonly Agent?: string;
}

export interface SectorRef {
  readonly ID: SectorId;
  readonly ProofType: number;
}

export interface CallId {
  readonly Sector: SectorId;
  readonly ID: string;
}

/** Why a task failed: 0 hard, 100 temporary, 101 the worker restarted, 102 no storage space. */
export interface CallError {
  readonly Code: number;
  readonly Message: string;
}

/** What a machine has. Memory in bytes; GPUs by device name; the table may be null, then the miner uses its own. */
export interface WorkerResources {
  readonly MemPhysical: number;
  readonly MemUsed: number;
  readonly MemSwap: number;
  readonly MemSwapUsed: number;
  readonly CPUs: number;
  readonly GPUs: readonly string[] | null;
  readonly Resources: ResourceTable | null;
}

export interface WorkerInfo {
  readonly Hostname: string;
  /** True switches off memory, CPU and GPU checks for this worker. */
  readonly IgnoreResources: boolean;
  readonly Resources: WorkerResources;
}

/** One worker as the miner sees it. */
export interface WorkerStats {
  readonly Info: WorkerInfo;
  /** Accepted task types by wire name; null when the worker did not answer in time. */
  readonly Tasks: readonly string[] | null;
  readonly Enabled: boolean;
  /** Bytes reserved by executing tasks. */
  readonly MemUsedMin: number;
  readonly MemUsedMax: number;
  readonly GpuUsed: number;
  readonly CpuUse: number;
  /** By `<seal proof>:<task name>`. */
  readonly TaskCounts: Readonly<Record<string, number>> | null;
}

/** One unit of work the miner knows of. */
export interface WorkerJob {
  readonly ID: CallId;
  readonly Sector: SectorId;
  readonly Task: string;
  /** 2 and above assigned, 1 prepared, 0 running, -1 ret-wait, -2 returned, -3 ret-done. */
  readonly RunWait: number;
  /** RFC 3339. */
  readonly Start: string;
  readonly Hostname?: string;
}

/** A storage path as the index has it. MaxStorage in bytes, 0 unlimited. */
export interface StorageInfo {
  readonly ID: string;
  readonly URLs: readonly string[] | null;
  readonly Weight: number;
  readonly MaxStorage: number;
  readonly CanSeal: boolean;
  readonly CanStore: boolean;
  readonly Groups: readonly string[] | null;
  readonly AllowTo: readonly string[] | null;
  readonly AllowTypes: readonly string[] | null;
  readonly DenyTypes: readonly string[] | null;
  readonly AllowMiners: readonly string[] | null;
  readonly DenyMiners: readonly string[] | null;
}

/** Room on a path, in bytes. `Max` and `Used` are non-zero only where MaxStorage is set. */
export interface FsStat {
  readonly Capacity: number;
  readonly Available: number;
  readonly FSAvailable: number;
  readonly Reserved: number;
  readonly Max: number;
  readonly Used: number;
}

export interface HealthReport {
  readonly Stat: FsStat;
  /** Empty when the path is well. */
  readonly Err: string;
}

/** Files of a sector on one path. */
export interface SectorDeclaration extends SectorId {
  readonly SectorFileType: SectorFileMask;
}

/** Where a sector's files are, or may be fetched to. */
export interface SectorStorageInfo {
  readonly ID: string;
  readonly URLs: readonly string[] | null;
  readonly BaseURLs: readonly string[] | null;
  readonly Weight: number;
  readonly CanSeal: boolean;
  readonly CanStore: boolean;
  readonly Primary: boolean;
  readonly AllowTypes: readonly string[] | null;
  readonly DenyTypes: readonly string[] | null;
  readonly AllowMiners: readonly string[] | null;
  readonly DenyMiners: readonly string[] | null;
}

/** A path as its own worker tells it. */
export interface StoragePath {
  readonly ID: string;
  readonly Weight: number;
  readonly LocalPath: string;
  readonly CanSeal: boolean;
  readonly CanStore: boolean;
}

export type PathType = 'sealing' | 'storage';
