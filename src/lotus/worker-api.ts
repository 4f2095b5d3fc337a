import type { StoragePath, WorkerInfo } from './rpc-values.ts';

/**
 * Methods of a worker that manage it; every one needs `admin`. Positional parameters and result, under Lotus's names without
 * `Filecoin.`. Source: api/api_worker.go.
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
};

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
