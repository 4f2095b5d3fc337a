import type { Resources } from '@sealctl/core/lotus/resource-table';
import type { FsStat, PathType, StorageInfo, WorkerInfo } from '@sealctl/core/lotus/rpc-values';
import type { FileLocation } from '../file-index.ts';
import type { SectorFileMask, SectorId } from '@sealctl/core/lotus/sector-file';
import type { TaskCode } from '@sealctl/core/lotus/task-type';

/** Everything a decision is made from. Times are milliseconds of one clock; the decision reads no other. */
export interface Snapshot {
  readonly now: number;
  readonly workers: readonly WorkerSnapshot[];
  readonly queue: readonly QueuedTask[];
  readonly storage: StorageSnapshot;
  /** By `kindOf`, later ends last: tasks that ended, so that patience is counted for kinds of task. */
  readonly ended: ReadonlyMap<number, readonly EndedTask[]>;
}

/** A task that was at a worker and is not any more. Times in milliseconds. */
export interface EndedTask {
  readonly queuedAt: number;
  readonly endedAt: number;
}

/** One worker: what it has, what it takes, where it keeps files, what it does. */
export interface WorkerSnapshot {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly info: WorkerInfo;
  readonly tasks: ReadonlySet<TaskCode>;
  /** IDs of its storage paths. */
  readonly paths: readonly string[];
  /** Tasks that were assigned to it and have not ended. */
  readonly active: readonly ActiveTask[];
}

/** A task on its worker: while its files are fetched, then while it runs. It counts against every limit from its assignment on. */
export interface ActiveTask {
  readonly id: string;
  readonly sector: SectorId;
  readonly task: TaskCode;
  readonly proof: number;
  readonly priority: number;
  readonly queuedAt: number;
  readonly stage: 'preparing' | 'running';
  readonly locks: Locks;
  /** Space it will take on paths that their health reports cannot show yet. */
  readonly reservations: readonly Reservation[];
  /** When it will end, by how long such tasks take. */
  readonly endsAt: number;
}

export interface Reservation {
  readonly path: string;
  readonly bytes: number;
  /** The space is missing from health reports that came after this time. */
  readonly seenAfter: number;
}

/** Files of its sector a task reads and writes: any number of readers, or one writer, of each kind of file. */
export interface Locks {
  readonly reads: SectorFileMask;
  readonly writes: SectorFileMask;
}

/** A task that waits for a worker. */
export interface QueuedTask {
  readonly id: string;
  readonly sector: SectorId;
  readonly proof: number;
  readonly task: TaskCode;
  /** Higher goes first: 1024 for sectors that hold data, else 0. */
  readonly priority: number;
  readonly queuedAt: number;
  /** Not before this time: the pause after a failure. */
  readonly notBefore?: number;
  /** Workers that are not to get it, since it failed there for a reason of that machine. */
  readonly avoid?: readonly AvoidedSession[];
  /** Workers that are to get it only while no other has all it needs but time: it failed there before. */
  readonly preferAvoid?: readonly AvoidedSession[];
  /** Milliseconds that such tasks take. */
  readonly lasts: number;
  readonly need: Need;
  /** Files that are fetched to the worker before the task runs. */
  readonly fetch?: FetchPlan;
  readonly locks: Locks;
}

export interface AvoidedSession {
  readonly worker: string;
  /** When it may have the task again; absent where no time ends it. */
  readonly until?: number;
}

export interface FetchPlan {
  readonly files: SectorFileMask;
  readonly use: PathType;
  readonly mode: 'move' | 'copy';
}

/**
 * The requirement of a task on a worker's storage; Lotus calls it the selector (docs/spec/lotus.md section 12.3). `anywhere`: nothing.
 * `allocate`: a path for new files. `holder`: a path that has any of the files or, where they may be fetched, one that may get them. `move`:
 * a long-term path for the files.
 */
export type Need =
  | { readonly kind: 'anywhere' }
  | { readonly kind: 'allocate'; readonly files: SectorFileMask; readonly use: PathType }
  | { readonly kind: 'holder'; readonly files: SectorFileMask; readonly fetchable: boolean }
  | { readonly kind: 'move'; readonly files: SectorFileMask };

/** The storage index at one moment. */
export interface StorageSnapshot {
  readonly paths: ReadonlyMap<string, PathSnapshot>;
  /** By `sectorName`: the paths that hold files of the sector, and which. */
  readonly holders: ReadonlyMap<string, readonly FileLocation[]>;
}

export interface PathSnapshot {
  readonly info: StorageInfo;
  readonly stat: FsStat;
  /** When its last health report came. */
  readonly heardAt: number;
  /** Empty when it is well. */
  readonly ailment: string;
}

/** The settings of the scheduler. */
export interface SchedulePolicy {
  readonly assigner: Assigner;
  /**
   * Milliseconds after which a waiting task goes before younger ones of its kind. Where none of the kind was at a worker for that long, it
   * goes before all others and, if need be, gets a worker kept free.
   */
  readonly patienceMs: number;
  /** Bytes a second at which files move between hosts, for weighing a move against waiting. */
  readonly bytesPerSecond: number;
  /** Config `DisallowRemoteFinalize`: files move to long-term storage only within the worker that holds them. */
  readonly disallowRemoteFinalize: boolean;
  /** The table for workers that send none. */
  readonly defaultResources: (task: TaskCode, proof: number) => Resources;
}

/** Config `Assigner`, with Lotus's names. */
export type Assigner =
  | 'utilization'
  | 'spread'
  | 'experiment-spread-qcount'
  | 'experiment-spread-tasks'
  | 'experiment-spread-tasks-qcount'
  | 'experiment-random';
