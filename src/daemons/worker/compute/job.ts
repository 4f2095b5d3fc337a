import type { TaskNeeds } from './allocations.ts';

/**
 * One computation as passed to its own process: plain JSON, with bytes in hexadecimal (32-byte values) or base64. Paths are on this host.
 */
export type ComputeJob =
  | PieceJob
  | Precommit1Job
  | Precommit2Job
  | Commit1Job
  | Commit2Job
  | UnsealJob
  | EncodeUpdateJob
  | ProveUpdate1Job
  | ProveUpdate2Job
  | DecodeUpdateJob
  | RegenerateKeyJob;

type Job = TaskNeeds;

interface SectorJob extends Job {
  readonly proof: number;
  readonly actorId: number;
  readonly sectorNumber: number;
}

/** Hashes a payload from file descriptor 3; with `into` also writes it, padded, into an unsealed file. */
export interface PieceJob extends Job {
  readonly kind: 'piece';
  readonly unpaddedBytes: number;
  readonly into?: { readonly path: string; readonly paddedOffset: number };
}

export interface Precommit1Job extends SectorJob {
  readonly kind: 'precommit1';
  readonly ticket: string;
  /** The unsealed file with its trailer; absent for a sector of zeros. */
  readonly unsealed?: string;
  readonly sealed: string;
  readonly cache: string;
  readonly commD: string;
  readonly parentCache: string;
}

export interface Precommit2Job extends SectorJob {
  readonly kind: 'precommit2';
  readonly sealed: string;
  readonly cache: string;
  readonly precommit1Json: string;
  /** The operator's command that computes phase 2 instead. */
  readonly external?: string;
}

export interface Commit1Job extends SectorJob {
  readonly kind: 'commit1';
  readonly sealed: string;
  readonly cache: string;
  readonly ticket: string;
  readonly seed: string;
  readonly commD: string;
  readonly commR: string;
}

export interface Commit2Job extends SectorJob {
  readonly kind: 'commit2';
  /** The C1 output's JSON. */
  readonly commit1Json: string;
  readonly external?: string;
  readonly noGpu: boolean;
}

/** Unseals a range, in unpadded bytes, into an unsealed file. */
export interface UnsealJob extends SectorJob {
  readonly kind: 'unseal';
  readonly sealed: string;
  readonly cache: string;
  readonly unsealed: string;
  readonly scratch: string;
  readonly ticket: string;
  readonly commD: string;
  readonly offset: number;
  readonly bytes: number;
  readonly parentCache: string;
}

interface UpdateJob extends Job {
  readonly sectorBytes: number;
}

export interface EncodeUpdateJob extends UpdateJob {
  readonly kind: 'encode-update';
  readonly sealed: string;
  readonly cache: string;
  readonly unsealed: string;
  readonly update: string;
  readonly updateCache: string;
  readonly commD: string;
}

interface UpdateStatementJob extends UpdateJob {
  readonly commROld: string;
  readonly commRNew: string;
  readonly commDNew: string;
}

export interface ProveUpdate1Job extends UpdateStatementJob {
  readonly kind: 'prove-update1';
  readonly sealed: string;
  readonly cache: string;
  readonly update: string;
  readonly updateCache: string;
}

export interface ProveUpdate2Job extends UpdateStatementJob {
  readonly kind: 'prove-update2';
  /** Base64, one for each partition. */
  readonly proofs: readonly string[];
  readonly actorId: number;
  readonly sectorNumber: number;
  readonly updateProof: number;
  readonly external?: string;
}

/** Decodes a range, in unpadded bytes, from an updated sector into an unsealed file. */
export interface DecodeUpdateJob extends UpdateJob {
  readonly kind: 'decode-update';
  readonly sealed: string;
  readonly cache: string;
  readonly update: string;
  readonly unsealed: string;
  readonly scratch: string;
  readonly commD: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface RegenerateKeyJob extends UpdateJob {
  readonly kind: 'regenerate-key';
  readonly unsealed: string;
  readonly update: string;
  readonly updateCache: string;
  readonly sealed: string;
  readonly cache: string;
  readonly commD: string;
}

/** The result of each kind of job. */
export interface ComputeResults {
  readonly piece: { readonly commitment: string; readonly paddedBytes: number };
  /** The output that Lotus passes on to phase 2, as text. */
  readonly precommit1: { readonly output: string };
  readonly precommit2: { readonly commD: string; readonly commR: string };
  readonly commit1: { readonly output: string };
  /** Base64. */
  readonly commit2: { readonly proof: string };
  readonly unseal: Record<string, never>;
  readonly 'encode-update': { readonly commD: string; readonly commR: string };
  readonly 'prove-update1': { readonly proofs: readonly string[] };
  readonly 'prove-update2': { readonly proof: string };
  readonly 'decode-update': Record<string, never>;
  readonly 'regenerate-key': Record<string, never>;
}

/** The progress of a computation, in units of its stage. */
export interface ComputeProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** One line of a compute process. */
export type ComputeMessage =
  | { readonly kind: 'progress'; readonly progress: ComputeProgress }
  | { readonly kind: 'result'; readonly result: unknown }
  | {
      readonly kind: 'failure';
      readonly problems: readonly {
        readonly code: string;
        readonly summary: string;
        readonly why?: string;
        readonly fix?: string;
      }[];
    };
