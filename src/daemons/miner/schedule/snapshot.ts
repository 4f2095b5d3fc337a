import type { Resources } from '@sealctl/core/lotus/resource-table';
import type { FsStat, PathType, StorageInfo, WorkerInfo } from '@sealctl/core/lotus/rpc-values';
import type { FileLocation } from '../file-index.ts';
import type { SectorFileMask, SectorId } from '@sealctl/core/lotus/sector-file';
import type { TaskCode } from '@sealctl/core/lotus/task-type';

/** The complete input of a decision. Times are milliseconds of one clock; the decision reads no other clock. */
export interface Snapshot {
  readonly now: number;
  readonly workers: readonly WorkerSnapshot[];
  readonly queue: readonly QueuedTask[];
  readonly storage: StorageSnapshot;
  /** Ended tasks by `kindOf`, last end last, from which patience is counted by kind of task. */
  readonly ended: ReadonlyMap<number, readonly EndedTask[]>;
}

/** A task that has ended on its worker. Times in milliseconds. */
export interface EndedTask {
  readonly queuedAt: number;
  readonly endedAt: number;
}

/** One worker: its resources, accepted task types, storage paths and tasks. */
export interface WorkerSnapshot {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly info: WorkerInfo;
  readonly tasks: ReadonlySet<TaskCode>;
  /** IDs of its storage paths. */
  readonly paths: readonly string[];
  /** Assigned tasks that have not ended. */
  readonly active: readonly ActiveTask[];
}

/** A task on its worker: first its files are fetched, then it runs. It counts against every limit from its assignment on. */
export interface ActiveTask {
  readonly id: string;
  readonly sector: SectorId;
  readonly task: TaskCode;
  readonly proof: number;
  readonly priority: number;
  readonly queuedAt: number;
  readonly stage: 'preparing' | 'running';
  readonly locks: Locks;
  /** Space the task will take that the health reports of the paths do not include yet. */
  readonly reservations: readonly Reservation[];
  /** Estimated end, from the usual duration of such tasks. */
  readonly endsAt: number;
}

export interface Reservation {
  readonly path: string;
  readonly bytes: number;
  /** Health reports after this time include the space. */
  readonly seenAfter: number;
}

/** The sector files that a task reads and writes. Each kind of file has any number of readers or one writer. */
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
  /** The task does not start before this time: the pause after a failure. */
  readonly notBefore?: number;
  /** Workers that must not get the task, since it failed there because of the machine. */
  readonly avoid?: readonly AvoidedSession[];
  /** Workers on which the task failed before. They get it only while no other worker could run it, now or later. */
  readonly preferAvoid?: readonly AvoidedSession[];
  /** The usual duration of such tasks, in milliseconds. */
  readonly lasts: number;
  readonly need: Need;
  /** Files that are fetched to the worker before the task runs. */
  readonly fetch?: FetchPlan;
  readonly locks: Locks;
}

export interface AvoidedSession {
  readonly worker: string;
  /** When the worker may get the task again; absent where the exclusion does not expire. */
  readonly until?: number;
}

export interface FetchPlan {
  readonly files: SectorFileMask;
  readonly use: PathType;
  readonly mode: 'move' | 'copy';
}

/**
 * The requirement of a task on a worker's storage; Lotus calls it the selector (docs/spec/lotus.md section 12.3). `anywhere`: none.
 * `allocate`: a path for new files. `holder`: a path that has any of the files or, where they may be fetched, one that may fetch them.
 * `move`: a long-term path for the files.
 */
export type Need =
  | { readonly kind: 'anywhere' }
  | { readonly kind: 'allocate'; readonly files: SectorFileMask; readonly use: PathType }
  | { readonly kind: 'holder'; readonly files: SectorFileMask; readonly fetchable: boolean }
  | { readonly kind: 'move'; readonly files: SectorFileMask };

/** The storage index at one moment. */
export interface StorageSnapshot {
  readonly paths: ReadonlyMap<string, PathSnapshot>;
  /** By `sectorName`: the paths that hold files of the sector, with the kinds of file. */
  readonly holders: ReadonlyMap<string, readonly FileLocation[]>;
}

export interface PathSnapshot {
  readonly info: StorageInfo;
  readonly stat: FsStat;
  /** Time of the last health report. */
  readonly heardAt: number;
  /** Empty when the path is healthy. */
  readonly ailment: string;
}

/** The settings of the scheduler. */
export interface SchedulePolicy {
  readonly assigner: Assigner;
  /**
   * Milliseconds after which a waiting task goes before younger ones of its kind. If no worker had a task of the kind for that long, the
   * task goes before all others, and a worker is reserved for it if none has capacity.
   */
  readonly patienceMs: number;
  /** Bytes per second at which files move between hosts, for weighing a move against a wait. */
  readonly bytesPerSecond: number;
  /** Config `DisallowRemoteFinalize`: only the worker that holds the files moves them to long-term storage. */
  readonly disallowRemoteFinalize: boolean;
  /** The resource table for workers that send none. */
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
