import type { HostFacts, ManifestEntry, ProbeRequest } from '../host/probe/facts.ts';
import type { Operation, WorkerOperation } from '../host/operations/operation.ts';
import type { Problem } from '@sealctl/core/problem/problem';
import type { SecretValues } from '@sealctl/core/secret/secret';
import type { Origins } from '../spec/spec.ts';
import type { FieldChange } from './field-change.ts';
import type { ObservedMiner, ObservedWorker } from './observed.ts';

/** Something a host must have, as compile emits it. `desired` is the kind's own plain data. */
export interface Resource<Desired = unknown> {
  readonly kind: string;
  /** Stable: `HOST/worker/NAME/env`, `HOST/miner/config`, `HOST/storage/PATH`, `HOST/limits`. */
  readonly id: string;
  readonly host: string;
  /** The daemon it belongs to: a worker's name, `miner`, or absent when it belongs to the host. */
  readonly daemon?: DaemonRef;
  readonly desired: Desired;
  /** Where cluster.yaml says so, by field; the key `` is the resource as a whole. */
  readonly origins: Origins;
}

export type DaemonRef = { readonly role: 'worker'; readonly name: string } | { readonly role: 'miner' };

/** What a kind found: fields that differ, what else an operator should know, and what to do. */
export interface Difference {
  /** `none` has no fields and no steps, but may have findings. */
  readonly action: 'none' | 'create' | 'update' | 'delete';
  readonly fields: readonly FieldChange[];
  /** Things that are not as they should be and that no step can fix, such as a kernel limit or a missing mount. */
  readonly findings: readonly Problem[];
  readonly steps: readonly StepTemplate[];
}

/**
 * When in a host's sequence a step runs. `prepare` disturbs nothing (uploads, directories, new files no process reads). `configure`
 * runs while the daemon is stopped if any change of that daemon is of class `restart`, else at once. `stopped` runs only while the
 * daemon is stopped for this plan, and `live` on a worker only while it is not: the two ways of telling it the same thing, by its
 * files or by its RPC. The planner adds cordoning, stopping, starting and waiting around them.
 */
export type StepPhase = 'prepare' | 'configure' | 'stopped' | 'live' | 'clean';

export type StepTemplate = { readonly title: string; readonly phase: StepPhase } & (
  | { readonly on: 'host'; readonly operation: Operation }
  | { readonly on: 'worker'; readonly operation: WorkerOperation }
);

/** What diff may look at. */
export interface DiffContext {
  readonly facts: HostFacts;
  /** What the resource's own worker says of itself; absent for other resources. */
  readonly worker?: ObservedWorker | { readonly unreachable: string };
  readonly miner: ObservedMiner | { readonly unreachable: string };
  readonly secrets: SecretValues;
  /** The manifest entry of this resource, if it was ever applied. */
  readonly owned: ManifestEntry | undefined;
}

/** One kind of managed thing, as the planner sees it. */
export interface Kind<Desired, Name extends string = string> {
  readonly name: Name;
  /** What must be asked of the host to diff this resource. */
  readonly probe: (resource: Resource<Desired>) => readonly ProbeRequest[];
  readonly diff: (resource: Resource<Desired>, context: DiffContext) => Difference;
  /** What must be asked of the host about an owned thing that is no longer wanted. */
  readonly probeOwned: (entry: ManifestEntry) => readonly ProbeRequest[];
  /** What deleting it from cluster.yaml does. Sector data always stays. */
  readonly remove: (entry: ManifestEntry, facts: HostFacts) => Difference;
}
