import { z } from 'zod';
import { list, map, orNull, orZero, orFalse, unread, type Answer } from './answer-schema.ts';
import type { Resources } from './resource-table.ts';
import type { SectorId } from './sector-file.ts';

/** Version numbers on the wire are major<<16 | minor<<8 | patch. */
export const minerApiVersion = 66816;
export const workerApiVersion = 67328;

/** The zero session: the answer of a closing worker, and the key of results without a live worker. */
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

export const sectorIdSchema = z.object({ Miner: z.number(), Number: z.number() });
const texts = orNull(list(z.string()));

export const callIdSchema = z.object({ Sector: sectorIdSchema, ID: z.string() });
export type CallId = Answer<typeof callIdSchema>;

/** Why a task failed: 0 hard, 100 temporary, 101 the worker restarted, 102 no storage space. */
export interface CallError {
  readonly Code: number;
  readonly Message: string;
}

export const workerInfoSchema = z.object({
  Hostname: z.string(),
  /** True switches off memory, CPU and GPU checks for this worker. */
  IgnoreResources: orFalse(z.boolean()),
  /** Resources of the machine. Memory in bytes; GPUs by device name. */
  Resources: z.object({
    MemPhysical: z.number(),
    MemUsed: orZero(z.number()),
    MemSwap: orZero(z.number()),
    MemSwapUsed: orZero(z.number()),
    CPUs: z.number(),
    GPUs: texts,
    /** By task name on the wire, then by seal proof number in decimal; where it is null the miner uses its own table. */
    Resources: orNull(map(map(unread<Resources>()))),
  }),
});
export type WorkerInfo = Answer<typeof workerInfoSchema>;
export type WorkerResources = WorkerInfo['Resources'];

/** One worker as the miner sees it. */
export const workerStatsSchema = z.object({
  Info: workerInfoSchema,
  /** Accepted task types by wire name; null when the worker did not answer in time. */
  Tasks: texts,
  Enabled: z.boolean(),
  /** Bytes reserved by executing tasks. */
  MemUsedMin: z.number(),
  MemUsedMax: z.number(),
  GpuUsed: z.number(),
  CpuUse: z.number(),
  /** By `<seal proof>:<task name>`. */
  TaskCounts: orNull(map(z.number())),
});
export type WorkerStats = Answer<typeof workerStatsSchema>;

/** One unit of work of the miner. */
export const workerJobSchema = z.object({
  ID: callIdSchema,
  Sector: sectorIdSchema,
  Task: z.string(),
  /** 2 and above assigned, 1 prepared, 0 running, -1 ret-wait, -2 returned, -3 ret-done. */
  RunWait: z.number(),
  /** RFC 3339. */
  Start: z.string(),
  Hostname: z.string().optional(),
});
export type WorkerJob = Answer<typeof workerJobSchema>;

/** A storage path as the index has it. MaxStorage in bytes, 0 unlimited. */
export const storageInfoSchema = z.object({
  ID: z.string(),
  URLs: texts,
  Weight: z.number(),
  MaxStorage: z.number(),
  CanSeal: z.boolean(),
  CanStore: z.boolean(),
  Groups: texts,
  AllowTo: texts,
  AllowTypes: texts,
  DenyTypes: texts,
  AllowMiners: texts,
  DenyMiners: texts,
});
export type StorageInfo = Answer<typeof storageInfoSchema>;

/** Space on a path, in bytes. `Max` and `Used` are non-zero only where MaxStorage is set. */
export const fsStatSchema = z.object({
  Capacity: z.number(),
  Available: z.number(),
  FSAvailable: orZero(z.number()),
  Reserved: orZero(z.number()),
  Max: orZero(z.number()),
  Used: orZero(z.number()),
});
export type FsStat = Answer<typeof fsStatSchema>;

export interface HealthReport {
  readonly Stat: FsStat;
  /** Empty when the path is well. */
  readonly Err: string;
}

/** Files of a sector on one path. */
export const sectorDeclarationSchema = z.object({
  Miner: z.number(),
  Number: z.number(),
  /** The sum of the bits of its files. */
  SectorFileType: z.number(),
});
export type SectorDeclaration = Answer<typeof sectorDeclarationSchema>;

/** A storage path that holds a sector's files, or may fetch them. */
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

/** A path as its own worker reports it. */
export const storagePathSchema = z.object({
  ID: z.string(),
  Weight: z.number(),
  LocalPath: z.string(),
  CanSeal: z.boolean(),
  CanStore: z.boolean(),
});
export type StoragePath = Answer<typeof storagePathSchema>;

export type PathType = 'sealing' | 'storage';
