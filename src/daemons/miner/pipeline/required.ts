import type { Sector, SectorState } from './sector.ts';

type Thing =
  'ticket' | 'seed' | 'PC1 output' | 'commitments' | 'proof' | 'update' | 'update replica' | 'update proof';

const isThere: Readonly<Record<Thing, (sector: Sector) => boolean>> = {
  ticket: ({ ticket }) => ticket !== undefined,
  seed: ({ seed }) => seed !== undefined,
  'PC1 output': ({ preCommit1 }) => preCommit1 !== undefined,
  commitments: ({ commD, commR }) => commD !== undefined && commR !== undefined,
  proof: ({ proofBytes }) => proofBytes !== undefined,
  update: ({ update }) => update !== undefined,
  'update replica': ({ update }) => update?.sealed !== undefined && update.unsealed !== undefined,
  'update proof': ({ update }) => update?.proofBytes !== undefined,
};

const layers = ['ticket', 'PC1 output'] as const;
const replica = ['ticket', 'commitments'] as const;
const proven = [...replica, 'proof'] as const;
const upgrading = [...proven, 'update'] as const;
const upgraded = [...upgrading, 'update replica', 'update proof'] as const;

/** The facts that a state and the states after it require; a state that is not listed requires none. */
const required: Partial<Record<SectorState, readonly Thing[]>> = {
  PreCommit1: ['ticket'],
  SealPreCommit1Failed: ['ticket'],
  PreCommit2: layers,
  SealPreCommit2Failed: layers,
  SubmitPreCommitBatch: replica,
  PreCommitBatchWait: replica,
  WaitSeed: replica,
  Committing: [...replica, 'seed'],
  ComputeProofFailed: [...replica, 'seed'],
  SubmitCommitAggregate: proven,
  CommitAggregateWait: proven,
  FinalizeSector: proven,
  FinalizeFailed: proven,
  Proving: proven,
  Available: proven,
  SnapDealsAddPiece: upgrading,
  SnapDealsAddPieceFailed: upgrading,
  SnapDealsPacking: upgrading,
  UpdateReplica: upgrading,
  ReplicaUpdateFailed: upgrading,
  ProveReplicaUpdate: [...upgrading, 'update replica'],
  FinalizeReplicaUpdate: upgraded,
  FinalizeReplicaUpdateFailed: upgraded,
  SubmitReplicaUpdate: upgraded,
  ReplicaUpdateWait: upgraded,
  ReleaseSectorKey: upgraded,
  ReleaseSectorKeyFailed: upgraded,
};

/** The facts that a sector lacks for a state. */
export function missingFor(sector: Sector, state: SectorState): readonly string[] {
  return (required[state] ?? []).filter((thing) => !isThere[thing](sector));
}
