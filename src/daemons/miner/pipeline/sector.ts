import type { Step } from './step-name.ts';
import type { CallError } from '@sealctl/core/lotus/rpc-values';
import type { AvoidedWorker } from './avoided-worker.ts';

/** States of a sector, under Lotus's names. Source: docs/spec/lotus.md section 13.1. */
export const sectorStates = [
  'WaitDeals',
  'AddPiece',
  'AddPieceFailed',
  'Packing',
  'PackingFailed',
  'GetTicket',
  'PreCommit1',
  'SealPreCommit1Failed',
  'PreCommit2',
  'SealPreCommit2Failed',
  'SubmitPreCommitBatch',
  'PreCommitBatchWait',
  'WaitSeed',
  'Committing',
  'ComputeProofFailed',
  'SubmitCommitAggregate',
  'CommitAggregateWait',
  'FinalizeSector',
  'FinalizeFailed',
  'Proving',
  'Available',
  'SnapDealsAddPiece',
  'SnapDealsAddPieceFailed',
  'SnapDealsPacking',
  'UpdateReplica',
  'ReplicaUpdateFailed',
  'ProveReplicaUpdate',
  'FinalizeReplicaUpdate',
  'FinalizeReplicaUpdateFailed',
  'SubmitReplicaUpdate',
  'ReplicaUpdateWait',
  'ReleaseSectorKey',
  'ReleaseSectorKeyFailed',
  'Removing',
  'RemoveFailed',
  'Removed',
  'FailedUnrecoverable',
] as const;

export type SectorState = (typeof sectorStates)[number];

/** A piece of a sector; sizes are padded bytes. A piece without a source consists of zeros. */
export interface SectorPiece {
  readonly size: number;
  /** Name of the spooled file with the piece's bytes. */
  readonly source?: string;
  /** Set once the piece is written into the sector. */
  readonly cid?: string;
}

/** Randomness of a chain epoch; 32 bytes in base64. */
export interface Randomness {
  readonly value: string;
  readonly epoch: number;
}

/** Work outside the pipeline on a sector that rests: unsealing its data, or regenerating its key from an update. */
export interface SideTask {
  readonly kind: 'unseal' | 'regenerate';
  readonly done: readonly Step[];
}

/** The state of one sector in the pipeline. Byte strings are base64, commitments CIDs, times milliseconds. */
export interface Sector {
  readonly number: number;
  readonly proof: number;
  readonly state: SectorState;
  /** Time at which the sector entered its state. */
  readonly since: number;
  /** Completed steps of this state. */
  readonly done: readonly Step[];
  readonly pieces: readonly SectorPiece[];
  readonly ticket?: Randomness;
  readonly seed?: Randomness;
  readonly preCommit1?: string;
  readonly commD?: string;
  readonly commR?: string;
  readonly commit1?: string;
  readonly proofBytes?: string;
  /** Epoch in which the last message for the chain was sent. */
  readonly sentAt?: number;
  /** The snap upgrade: its pieces and results. */
  readonly update?: Update;
  readonly sideTask?: SideTask;
  /** Number of failures of the work itself, by step; failures of machines and connections do not count. */
  readonly failures: Readonly<Record<string, number>>;
  /** Consecutive failures of machines and connections, which determine the pause. */
  readonly infraFailures: number;
  /** The worker on which the current step failed last. */
  readonly avoidedWorker?: AvoidedWorker;
  /** The sector rests until this time. */
  readonly wakeAt?: number;
  readonly lastError?: string;
}

export interface Update {
  readonly pieces: readonly SectorPiece[];
  readonly sealed?: string;
  readonly unsealed?: string;
  readonly vanilla?: readonly string[];
  readonly proofBytes?: string;
}

/**
 * The cause of a failure. Only `task`, a failure of the work itself, counts against its step. `infrastructure` is a machine or a
 * connection; `operator` means that an operator stopped the task.
 */
export type FailureCause = 'infrastructure' | 'task' | 'operator';

/** An event of a sector. */
export type SectorEvent =
  | { readonly kind: 'step-done'; readonly step: Step; readonly value: unknown }
  | {
      readonly kind: 'step-failed';
      readonly step: Step;
      readonly error: CallError;
      readonly cause: FailureCause;
      /** URL of the worker on which the step failed, where another worker might succeed. */
      readonly worker?: string;
    }
  /** Time has passed, or the process has started: a waiting sector is checked again. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'add-piece'; readonly piece: SectorPiece }
  | { readonly kind: 'start-packing' }
  | { readonly kind: 'mark-for-upgrade' }
  | { readonly kind: 'side-task'; readonly sideTask: SideTask['kind'] }
  /** Written pieces were lost before anything was made from them. */
  | { readonly kind: 'pieces-lost' }
  | { readonly kind: 'remove' }
  | { readonly kind: 'force-state'; readonly state: SectorState };

/** One line of a sector's log. */
export interface LogEntry {
  readonly at: number;
  readonly kind: string;
  readonly message: string;
}

/** A new sector: with `forData` it waits for pieces, else it is filled with zeros. */
export function newSector(number: number, proof: number, forData: boolean, now: number): Sector {
  return {
    number,
    proof,
    state: forData ? 'WaitDeals' : 'Packing',
    since: now,
    done: [],
    pieces: [],
    failures: {},
    infraFailures: 0,
  };
}

/** True for a sector with data; its tasks have priority. */
export function hasData(sector: Sector): boolean {
  return sourcesOf(sector).length > 0;
}

/** Names of the spooled pieces of a sector. */
export function sourcesOf({ pieces, update }: Sector): string[] {
  return [...pieces, ...(update?.pieces ?? [])].flatMap(({ source }) => source ?? []);
}

/** Names of the spooled pieces that are still needed to write the sector's data. */
export function neededSources(sector: Sector): string[] {
  return sector.state === 'Proving' || sector.state === 'Removed' ? [] : sourcesOf(sector);
}

/** Whether a word names a state. */
export function isSectorState(word: string): word is SectorState {
  return sectorStates.some((state) => state === word);
}
