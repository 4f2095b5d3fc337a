import type { Permission } from './permission.ts';
import type {
  CallError,
  CallId,
  FsStat,
  HealthReport,
  MinerVersion,
  PathType,
  SectorDeclaration,
  SectorStorageInfo,
  StorageInfo,
  WorkerJob,
  WorkerStats,
} from './rpc-values.ts';
import type {
  CallStatus,
  ExplainedRequest,
  ReaderDescriptor,
  SchedDiag,
  SectorInfo,
  TaskTimes,
} from './sealing-values.ts';
import type { SectorFileMask, SectorId } from './sector-file.ts';
import type { WorkerTaskMethod } from './worker-api.ts';

/** Methods of the miner: positional parameters and result, under Lotus's names without `Filecoin.`. */
// A type, not an interface: only a type alias satisfies `MethodTable`.
export type MinerApi = {
  Version: { params: []; result: MinerVersion };
  /** A UUID that changes when the miner restarts. */
  Session: { params: []; result: string };
  /** RFC 3339. */
  StartTime: { params: []; result: string };
  ActorAddress: { params: []; result: string };
  /** Bytes. */
  ActorSectorSize: { params: [actor: string]; result: number };
  AuthVerify: { params: [token: string]; result: string[] };
  /** Base64 of the token's text. */
  AuthNew: { params: [permissions: string[]]; result: string };
  WorkerConnect: { params: [url: string]; result: null };
  /** By worker session. */
  WorkerStats: { params: []; result: Record<string, WorkerStats> };
  /** By worker session; `zeroUuid` holds results whose worker is gone. */
  WorkerJobs: { params: []; result: Record<string, WorkerJob[] | null> | null };
  StorageAttach: { params: [info: StorageInfo, stat: FsStat]; result: null };
  StorageDetach: { params: [id: string, url: string]; result: null };
  StorageInfo: { params: [id: string]; result: StorageInfo };
  StorageReportHealth: { params: [id: string, report: HealthReport]; result: null };
  StorageDeclareSector: {
    params: [id: string, sector: SectorId, files: SectorFileMask, primary: boolean];
    result: null;
  };
  StorageDropSector: { params: [id: string, sector: SectorId, files: SectorFileMask]; result: null };
  StorageFindSector: {
    params: [sector: SectorId, files: SectorFileMask, sectorBytes: number, allowFetch: boolean];
    result: SectorStorageInfo[] | null;
  };
  StorageBestAlloc: {
    params: [files: SectorFileMask, sectorBytes: number, use: PathType, miner: number];
    result: StorageInfo[];
  };
  StorageList: { params: []; result: Record<string, SectorDeclaration[] | null> };
  /** The miner's own paths: path by id. */
  StorageLocal: { params: []; result: Record<string, string> };
  /** Fetched live from the owner of the path. */
  StorageStat: { params: [id: string]; result: FsStat };
  StorageAddLocal: { params: [path: string]; result: null };
  StorageDetachLocal: { params: [path: string]; result: null };
  StorageRedeclareLocal: { params: [id: string | null, dropMissing: boolean]; result: null };
  Shutdown: { params: []; result: null };
  /** Starts a sector without data; answers once it exists. */
  PledgeSector: { params: []; result: SectorId };
  SectorsList: { params: []; result: number[] };
  /** Unknown state names count for nothing. */
  SectorsListInStates: { params: [states: string[]]; result: number[] };
  /** Counts by state. */
  SectorsSummary: { params: []; result: Record<string, number> };
  /** Ours: `SectorsStatus` of every sector in these states (null: all), of each log only the beginning. */
  SectorsInfo: { params: [states: string[] | null]; result: SectorInfo[] };
  SectorsStatus: { params: [sector: number, onChain: boolean]; result: SectorInfo };
  /** Seals a sector that waits for pieces as it is. */
  SectorStartSealing: { params: [sector: number]; result: null };
  SectorRemove: { params: [sector: number]; result: null };
  SectorUnseal: { params: [sector: number]; result: null };
  /** `snap` must be true. */
  SectorMarkForUpgrade: { params: [sector: number, snap: boolean]; result: null };
  /** Forces a state. */
  SectorsUpdate: { params: [sector: number, state: string]; result: null };
  /** Bytes of the piece before padding, its reader, and the deal, which is ignored without a chain. */
  SectorAddPieceToAny: {
    params: [bytes: number, reader: ReaderDescriptor, deal: unknown];
    result: { readonly Sector: number; readonly Offset: number };
  };
  SealingSchedDiag: { params: [doSched: boolean]; result: SchedDiag };
  SealingAbort: { params: [call: CallId]; result: null };
  /** Only requests that wait in the queue. */
  SealingRemoveRequest: { params: [schedId: string]; result: null };
  /** Ours: for every waiting request, why each worker does not take it. */
  SealingExplain: { params: []; result: ExplainedRequest[] };
  /** Ours: how long the last tasks of every type and size took. */
  SealingTimes: { params: []; result: TaskTimes[] };
  /** Ours: what a worker is to do with the outcome of a call of this method. */
  SealingCallStatus: { params: [call: CallId, method: WorkerTaskMethod]; result: CallStatus };
  /** Ours: regenerates the key of an upgraded sector from its data. */
  SectorRegenerateKey: { params: [sector: number]; result: null };
};

/** The permission each method needs. Lotus asks admin for nearly everything, monitoring included. */
export const minerPermissions: Readonly<Record<keyof MinerApi, Permission>> = {
  Version: 'read',
  Session: 'read',
  StartTime: 'read',
  ActorAddress: 'read',
  ActorSectorSize: 'read',
  AuthVerify: 'read',
  AuthNew: 'admin',
  WorkerConnect: 'admin',
  WorkerStats: 'admin',
  WorkerJobs: 'admin',
  StorageAttach: 'admin',
  StorageDetach: 'admin',
  StorageInfo: 'admin',
  StorageReportHealth: 'admin',
  StorageDeclareSector: 'admin',
  StorageDropSector: 'admin',
  StorageFindSector: 'admin',
  StorageBestAlloc: 'admin',
  StorageList: 'admin',
  StorageLocal: 'admin',
  StorageStat: 'admin',
  StorageAddLocal: 'admin',
  StorageDetachLocal: 'admin',
  StorageRedeclareLocal: 'admin',
  Shutdown: 'admin',
  PledgeSector: 'write',
  SectorsList: 'read',
  SectorsListInStates: 'read',
  SectorsSummary: 'read',
  SectorsInfo: 'read',
  SectorsStatus: 'read',
  SectorStartSealing: 'write',
  SectorRemove: 'admin',
  SectorUnseal: 'admin',
  SectorMarkForUpgrade: 'admin',
  SectorsUpdate: 'admin',
  SectorAddPieceToAny: 'admin',
  SealingSchedDiag: 'admin',
  SealingAbort: 'admin',
  SealingRemoveRequest: 'admin',
  SealingExplain: 'read',
  SealingTimes: 'read',
  SealingCallStatus: 'admin',
  SectorRegenerateKey: 'admin',
};

/** Methods by which workers deliver results with a value: `[call, value, error]`. */
export const returnsWithValue = [
  'ReturnDataCid',
  'ReturnAddPiece',
  'ReturnSealPreCommit1',
  'ReturnSealPreCommit2',
  'ReturnSealCommit1',
  'ReturnSealCommit2',
  'ReturnReplicaUpdate',
  'ReturnProveReplicaUpdate1',
  'ReturnProveReplicaUpdate2',
  'ReturnReadPiece',
] as const;

/** Methods by which workers deliver the end of a task without a value: `[call, error]`. */
export const returnsWithoutValue = [
  'ReturnFinalizeSector',
  'ReturnFinalizeReplicaUpdate',
  'ReturnReleaseUnsealed',
  'ReturnGenerateSectorKeyFromData',
  'ReturnMoveStorage',
  'ReturnUnsealPiece',
  'ReturnDownloadSector',
  'ReturnFetch',
] as const;

/** Methods that take results; all need `admin`. The error is null on success. */
export type MinerReturnApi = {
  [Name in (typeof returnsWithValue)[number]]: {
    params: [call: CallId, value: unknown, error: CallError | null];
    result: null;
  };
} & {
  [Name in (typeof returnsWithoutValue)[number]]: {
    params: [call: CallId, error: CallError | null];
    result: null;
  };
};
