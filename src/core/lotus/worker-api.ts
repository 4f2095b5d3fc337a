import type { CallId, PathType, SectorRef, StoragePath, WorkerInfo } from './rpc-values.ts';
import type { SectorFileMask } from './sector-file.ts';

/**
 * Methods of a worker that manage it; every one needs `admin`. Positional parameters and result, under Lotus's names without
 * `Filecoin.`. Source: docs/spec/lotus.md section 9.2.
 */
// A type, not an interface: only a type alias satisfies `MethodTable`.
export type WorkerApi = {
  Version: { params: []; result: number };
  /** The worker's identity for the miner: an error while disabled, `zeroUuid` once closing. */
  Session: { params: []; result: string };
  /** The same UUID, also while disabled. */
  ProcessSession: { params: []; result: string };
  Info: { params: []; result: WorkerInfo };
  /** Accepted task types as keys. */
  TaskTypes: { params: []; result: Record<string, Record<string, never>> };
  Paths: { params: []; result: StoragePath[] | null };
  TaskEnable: { params: [task: string]; result: null };
  TaskDisable: { params: [task: string]; result: null };
  SetEnabled: { params: [enabled: boolean]; result: null };
  Enabled: { params: []; result: boolean };
  /** Answers when no task runs; has no time limit. */
  WaitQuiet: { params: []; result: null };
  /** Path by id. */
  StorageLocal: { params: []; result: Record<string, string> };
  StorageAddLocal: { params: [path: string]; result: null };
  StorageDetachLocal: { params: [path: string]; result: null };
  StorageDetachAll: { params: []; result: null };
  StorageRedeclareLocal: { params: [id: string | null, dropMissing: boolean]; result: null };
  Shutdown: { params: []; result: null };
  /** Ours: what runs now, and how far it is. */
  RunningCalls: { params: []; result: RunningCall[] };
  /** Ours: really stops a running call; its result is an error. False where no such call runs. */
  AbortCall: { params: [call: CallId]; result: boolean };
};

/** The task a drain starts: files of a sector come to a path of the worker; with `move` the source gives its copy up. */
export type WorkerFetchApi = {
  Fetch: {
    params: [sector: SectorRef, files: SectorFileMask, use: PathType, mode: 'move' | 'copy'];
    result: CallId;
  };
};

/** A task that runs on a worker. */
export interface RunningCall {
  readonly ID: CallId;
  readonly Method: WorkerTaskMethod;
  /** RFC 3339. */
  readonly StartedAt: string;
  /** In units of the stage, such as nodes of one layer; null before the first is known. */
  readonly Progress: { readonly Stage: string; readonly Done: number; readonly Total: number } | null;
}

/** Methods that start a task; they answer a call id at once and deliver the result with a `Return…` call on the miner. */
export const workerTaskMethods = [
  'DataCid',
  'AddPiece',
  'SealPreCommit1',
  'SealPreCommit2',
  'SealCommit1',
  'SealCommit2',
  'FinalizeSector',
  'FinalizeReplicaUpdate',
  'ReleaseUnsealed',
  'ReplicaUpdate',
  'ProveReplicaUpdate1',
  'ProveReplicaUpdate2',
  'GenerateSectorKeyFromData',
  'MoveStorage',
  'UnsealPiece',
  'Fetch',
  'DownloadSectorData',
] as const;

export type WorkerTaskMethod = (typeof workerTaskMethods)[number];
