import { returnsWithoutValue, type MinerReturnApi } from '@sealctl/core/lotus/miner-api';
import type { WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import type { CallOutcome, CallRecord } from './journal.ts';

type ReturnMethod = keyof MinerReturnApi;

/** For each task, the method that returns its result to the miner, and the value to send where there is none. */
const returns: Readonly<Record<WorkerTaskMethod, { readonly method: ReturnMethod; readonly none: unknown }>> =
  {
    DataCid: { method: 'ReturnDataCid', none: { Size: 0, PieceCID: null } },
    AddPiece: { method: 'ReturnAddPiece', none: { Size: 0, PieceCID: null } },
    SealPreCommit1: { method: 'ReturnSealPreCommit1', none: null },
    SealPreCommit2: { method: 'ReturnSealPreCommit2', none: { Unsealed: null, Sealed: null } },
    SealCommit1: { method: 'ReturnSealCommit1', none: null },
    SealCommit2: { method: 'ReturnSealCommit2', none: null },
    FinalizeSector: { method: 'ReturnFinalizeSector', none: null },
    FinalizeReplicaUpdate: { method: 'ReturnFinalizeReplicaUpdate', none: null },
    ReleaseUnsealed: { method: 'ReturnReleaseUnsealed', none: null },
    ReplicaUpdate: { method: 'ReturnReplicaUpdate', none: { NewSealed: null, NewUnsealed: null } },
    ProveReplicaUpdate1: { method: 'ReturnProveReplicaUpdate1', none: null },
    ProveReplicaUpdate2: { method: 'ReturnProveReplicaUpdate2', none: null },
    GenerateSectorKeyFromData: { method: 'ReturnGenerateSectorKeyFromData', none: null },
    MoveStorage: { method: 'ReturnMoveStorage', none: null },
    UnsealPiece: { method: 'ReturnUnsealPiece', none: null },
    Fetch: { method: 'ReturnFetch', none: null },
    DownloadSectorData: { method: 'ReturnDownloadSector', none: null },
  };

/** The call on the miner that delivers an outcome. */
export function deliveryOf(
  { call, method }: CallRecord,
  { value, error }: CallOutcome,
): { readonly method: ReturnMethod; readonly params: unknown[] } {
  const { method: name, none } = returns[method];
  const hasNoValue = (returnsWithoutValue as readonly string[]).includes(name);
  return { method: name, params: hasNoValue ? [call, error] : [call, error === null ? value : none, error] };
}
