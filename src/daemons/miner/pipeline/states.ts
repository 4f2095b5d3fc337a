import type { Step } from './step-name.ts';
import type { Sector, SectorState } from './sector.ts';

/** The rule of one state. */
export type StateRule =
  /**
   * The state's steps run in sequence, on workers or in the miner; then the sector enters the next state. A step that fails leads to
   * `failed`.
   */
  | {
      readonly does: 'steps';
      readonly steps: (sector: Sector) => readonly Step[];
      readonly next: (sector: Sector) => SectorState;
      readonly failed: SectorState;
    }
  | { readonly does: 'ask-chain'; readonly next: SectorState }
  /** The sector pauses after a failure, then returns to an earlier state. */
  | { readonly does: 'pause'; readonly next: (sector: Sector) => SectorState }
  /** The sector rests until a request. */
  | { readonly does: 'rest' };

/** Failures of a step's own work after which the previous step is taken as the cause. */
export const triesOfStep = 3;

const tried = (sector: Sector, step: Step): number => sector.failures[step] ?? 0;
const to = (state: SectorState) => (): SectorState => state;
const pieceSteps = (sector: Sector): Step[] => missing(sector.pieces, 'AP');
const updateSteps = (sector: Sector): Step[] => missing(sector.update?.pieces ?? [], 'AP-update');

/**
 * The rules of all states. After a failure of a machine or a connection the sector keeps its state (step.ts); only a failure of the work
 * itself leads to a failed state. The miner never discards a sector: one that cannot be repaired ends in FailedUnrecoverable.
 */
export const stateRules: Readonly<Record<SectorState, StateRule>> = {
  WaitDeals: { does: 'rest' },
  AddPiece: { does: 'steps', steps: pieceSteps, next: to('WaitDeals'), failed: 'AddPieceFailed' },
  AddPieceFailed: { does: 'pause', next: to('AddPiece') },
  Packing: { does: 'steps', steps: pieceSteps, next: to('GetTicket'), failed: 'PackingFailed' },
  PackingFailed: { does: 'pause', next: to('Packing') },
  GetTicket: { does: 'ask-chain', next: 'PreCommit1' },
  PreCommit1: {
    does: 'steps',
    // Pieces are missing in this state only when a worker lost them.
    steps: (sector) => [...pieceSteps(sector), 'PC1'],
    next: to('PreCommit2'),
    failed: 'SealPreCommit1Failed',
  },
  SealPreCommit1Failed: {
    does: 'pause',
    next: (sector) => (tried(sector, 'PC1') > triesOfStep ? 'FailedUnrecoverable' : 'PreCommit1'),
  },
  PreCommit2: {
    does: 'steps',
    steps: () => ['PC2'],
    next: to('SubmitPreCommitBatch'),
    failed: 'SealPreCommit2Failed',
  },
  SealPreCommit2Failed: {
    does: 'pause',
    next: (sector) => {
      if (tried(sector, 'PC2') <= triesOfStep) return 'PreCommit2';
      return tried(sector, 'PC1') < triesOfStep ? 'PreCommit1' : 'FailedUnrecoverable';
    },
  },
  SubmitPreCommitBatch: { does: 'ask-chain', next: 'PreCommitBatchWait' },
  PreCommitBatchWait: { does: 'ask-chain', next: 'WaitSeed' },
  WaitSeed: { does: 'ask-chain', next: 'Committing' },
  Committing: {
    does: 'steps',
    steps: () => ['C1', 'C2'],
    next: to('SubmitCommitAggregate'),
    failed: 'ComputeProofFailed',
  },
  ComputeProofFailed: {
    does: 'pause',
    next: (sector) =>
      tried(sector, 'C1') + tried(sector, 'C2') > triesOfStep ? 'FailedUnrecoverable' : 'Committing',
  },
  SubmitCommitAggregate: { does: 'ask-chain', next: 'CommitAggregateWait' },
  CommitAggregateWait: { does: 'ask-chain', next: 'FinalizeSector' },
  FinalizeSector: {
    does: 'steps',
    steps: () => ['FUS', 'FIN', 'store'],
    next: to('Proving'),
    failed: 'FinalizeFailed',
  },
  FinalizeFailed: { does: 'pause', next: to('FinalizeSector') },
  Proving: { does: 'rest' },
  Available: { does: 'rest' },
  SnapDealsAddPiece: {
    does: 'steps',
    steps: updateSteps,
    next: to('SnapDealsPacking'),
    failed: 'SnapDealsAddPieceFailed',
  },
  SnapDealsAddPieceFailed: { does: 'pause', next: to('SnapDealsAddPiece') },
  SnapDealsPacking: {
    does: 'steps',
    steps: updateSteps,
    next: to('UpdateReplica'),
    failed: 'SnapDealsAddPieceFailed',
  },
  UpdateReplica: {
    does: 'steps',
    steps: () => ['RU'],
    next: to('ProveReplicaUpdate'),
    failed: 'ReplicaUpdateFailed',
  },
  ReplicaUpdateFailed: {
    does: 'pause',
    next: (sector) => (tried(sector, 'RU') > triesOfStep ? 'FailedUnrecoverable' : 'UpdateReplica'),
  },
  ProveReplicaUpdate: {
    does: 'steps',
    steps: () => ['PR1', 'PR2'],
    next: to('FinalizeReplicaUpdate'),
    failed: 'ReplicaUpdateFailed',
  },
  FinalizeReplicaUpdate: {
    does: 'steps',
    steps: () => ['FUS', 'FRU', 'store-update', 'store', 'store-unsealed'],
    next: to('SubmitReplicaUpdate'),
    failed: 'FinalizeReplicaUpdateFailed',
  },
  FinalizeReplicaUpdateFailed: { does: 'pause', next: to('FinalizeReplicaUpdate') },
  SubmitReplicaUpdate: { does: 'ask-chain', next: 'ReplicaUpdateWait' },
  ReplicaUpdateWait: { does: 'ask-chain', next: 'ReleaseSectorKey' },
  ReleaseSectorKey: {
    does: 'steps',
    steps: () => ['delete-sealed'],
    next: to('Proving'),
    failed: 'ReleaseSectorKeyFailed',
  },
  ReleaseSectorKeyFailed: { does: 'pause', next: to('ReleaseSectorKey') },
  Removing: { does: 'steps', steps: () => ['delete-all'], next: to('Removed'), failed: 'RemoveFailed' },
  RemoveFailed: { does: 'pause', next: to('Removing') },
  Removed: { does: 'rest' },
  FailedUnrecoverable: { does: 'rest' },
};

/** The steps of side tasks. */
export const sideTaskSteps = {
  unseal: ['UNS', 'store-unsealed'],
  regenerate: ['GSK', 'store'],
} as const;

/** One step for each piece that has no CID, and so is not in the sector yet. */
function missing(pieces: readonly { readonly cid?: string }[], name: 'AP' | 'AP-update'): Step[] {
  return pieces.flatMap((piece, index) => (piece.cid === undefined ? [`${name}:${index}` as const] : []));
}
