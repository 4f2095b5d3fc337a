import type { z } from 'zod';
import type { clusterFile } from './schema/cluster.ts';

/**
 * Data of which any part may be missing: the content of a file after everything that violates the schema was reported and removed. Semantic
 * checks work on drafts, so that a wrong key does not hide other problems.
 */
export type Draft<T> = T extends readonly (infer Item)[]
  ? readonly Draft<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
    : T;

export type ClusterDraft = Draft<z.input<typeof clusterFile>>;
export type HostDraft = NonNullable<NonNullable<ClusterDraft['hosts']>[string]>;
export type WorkerDraft = NonNullable<NonNullable<HostDraft['workers']>[string]>;
export type LayerDraft = NonNullable<ClusterDraft['defaults']>;
export type MinerDraft = NonNullable<ClusterDraft['miner']>;
export type StorageDraft = NonNullable<NonNullable<HostDraft['storage']>[number]>;
export type TaskSetDraft = NonNullable<NonNullable<ClusterDraft['taskSets']>[string]>;
export type ReleaseDraft = NonNullable<NonNullable<ClusterDraft['releases']>[string]>;
