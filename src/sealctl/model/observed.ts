import type { HostFacts } from '../host/probe/facts.ts';
import type { WorkerStats } from '@sealctl/core/lotus/rpc-values';

/** A worker's answers over its RPC, reached through the SSH connection. */
export interface ObservedWorker {
  /** Process session; changes with every start. */
  readonly session: string;
  readonly label: string;
  /** Accepted task types, full names. */
  readonly tasks: readonly string[];
  readonly paths: readonly {
    readonly id: string;
    readonly localPath: string;
    readonly weight: number;
    readonly canSeal: boolean;
    readonly canStore: boolean;
  }[];
  readonly enabled: boolean;
}

/** A storage path as the miner's index has it. */
export interface IndexedPath {
  readonly id: string;
  readonly weight: number;
  readonly maxStorageBytes: number;
  readonly canSeal: boolean;
  readonly canStore: boolean;
  readonly groups: readonly string[];
  readonly allowTo: readonly string[];
  readonly allowTypes: readonly string[];
  readonly denyTypes: readonly string[];
  readonly allowMiners: readonly string[];
  readonly denyMiners: readonly string[];
}

/** The miner's view of the cluster. */
export interface ObservedMiner {
  readonly session: string;
  readonly actor: string;
  readonly workers: ReadonlyMap<string, ListedWorker>;
  readonly paths: ReadonlyMap<string, IndexedPath>;
}

export interface ListedWorker {
  readonly session: string;
  readonly label: string;
  readonly enabled: boolean;
  readonly tasks: readonly string[];
  readonly jobs: readonly ListedJob[];
  /** What its machine has and what its tasks take, for `status`. */
  readonly stats: WorkerStats;
}

export interface ListedJob {
  readonly task: string;
  readonly sector: number;
  /** 2 and above assigned, 1 prepared, 0 running, negative: result not yet taken. */
  readonly runWait: number;
  /** ISO 8601. */
  readonly start: string;
}

/** One host as it was found. */
export type ObservedHost =
  | {
      readonly reachable: true;
      readonly facts: HostFacts;
      /** By worker name; a worker that does not answer has the reason. */
      readonly workers: ReadonlyMap<string, ObservedWorker | { readonly unreachable: string }>;
    }
  | { readonly reachable: false; readonly reason: string; readonly step: string };

/** The whole fleet as it was found. */
export interface Observed {
  readonly hosts: ReadonlyMap<string, ObservedHost>;
  readonly miner: ObservedMiner | { readonly unreachable: string };
}
