import type { SectorId } from './sector-file.ts';

/** A CID on the wire; an undefined one is null. */
export type CidLink = { readonly '/': string } | null;

/** A byte stream as a parameter (docs/spec/lotus.md section 8.7). `null`: so many zeros; `http`: a URL to read; `push`: the caller uploads it. */
export interface ReaderDescriptor {
  readonly Type: 'null' | 'http' | 'push';
  readonly Info: string;
}

/** Answer of `SealingSchedDiag`. */
export interface SchedDiag {
  readonly SchedInfo: {
    readonly Requests: readonly QueuedRequest[] | null;
    /** Sessions of workers with offers; tasks are bound late here, so there are none. */
    readonly OpenWindows: readonly string[] | null;
  };
  readonly ReturnedWork: null;
  readonly Waiting: readonly string[] | null;
  /** Work by running call. */
  readonly CallToWork: Readonly<Record<string, string>>;
  readonly EarlyRet: null;
}

export interface QueuedRequest {
  readonly Sector: SectorId;
  readonly TaskType: string;
  readonly Priority: number;
  readonly SchedId: string;
}

/** A waiting request, with what keeps it from each worker; no reasons when it is about to be assigned. Times in milliseconds. */
export interface ExplainedRequest extends QueuedRequest {
  readonly WaitingMs: number;
  readonly Reasons: readonly {
    readonly Worker: string;
    readonly Hostname: string;
    readonly Reason: string;
  }[];
}

/** Durations of successful tasks of one type and size; times in milliseconds. */
export interface TaskTimes {
  /** Full name. */
  readonly Task: string;
  readonly ProofType: number;
  /** Number of tasks in the median. */
  readonly Count: number;
  readonly MedianMs: number;
}

/**
 * The status of a worker's call for the miner. `dropped`: no job waits for it, and its files may serve the next try;
 * `superseded`: the work was begun elsewhere or is done, and its files are in the way.
 */
export type CallStatus = 'wanted' | 'dropped' | 'superseded';

/** Randomness with its epoch; the value in base64. */
export interface EpochValue {
  readonly Value: string | null;
  readonly Epoch: number;
}

/** Answer of `SectorsStatus`; the fields of a chain are zero. */
export interface SectorInfo {
  readonly SectorID: number;
  readonly State: string;
  readonly CommD: CidLink;
  readonly CommR: CidLink;
  /** Base64. */
  readonly Proof: string | null;
  readonly Deals: readonly number[];
  readonly Pieces: readonly {
    readonly Piece: { readonly Size: number; readonly PieceCID: CidLink };
    /** Null for zeros. Without a chain no more is known of a deal. */
    readonly DealInfo: { readonly KeepUnsealed: boolean } | null;
  }[];
  readonly Ticket: EpochValue;
  readonly Seed: EpochValue;
  readonly PreCommitMsg: null;
  readonly CommitMsg: null;
  readonly Retries: number;
  readonly ToUpgrade: boolean;
  readonly ReplicaUpdateMessage: null;
  readonly LastErr: string;
  readonly Log: readonly SectorLogEntry[];
  readonly SealProof: number;
  readonly Activation: number;
  readonly Expiration: number;
  readonly DealWeight: string;
  readonly VerifiedDealWeight: string;
  readonly InitialPledge: string;
  readonly OnTime: number;
  readonly Early: number;
}

/** One line of a sector's log; the time in seconds. */
export interface SectorLogEntry {
  readonly Kind: string;
  readonly Timestamp: number;
  readonly Trace: string;
  readonly Message: string;
}
