import { inOrder, type ManagedKind } from './core/managed-kind.ts';
import { environment } from './daemon/environment.ts';
import { pamLimits } from './host/pam-limits.ts';
import { logs } from './host/logs.ts';
import { minerConfig } from './miner/miner-config.ts';
import { minerRepo } from './miner/miner-repo.ts';
import { release } from './daemon/release.ts';
import { repoDirectory } from './daemon/repo-directory.ts';
import { releaseStore } from './host/release-store.ts';
import { sectorStore } from './worker/sector-store.ts';
import { service } from './daemon/service.ts';
import { storageList } from './worker/storage-list.ts';
import { taskSet } from './worker/task-set.ts';
import { unit } from './daemon/unit.ts';

const table = [
  pamLimits,
  logs,
  releaseStore,
  release,
  environment,
  repoDirectory,
  sectorStore,
  storageList,
  minerConfig,
  minerRepo,
  unit,
  service,
  taskSet,
] as const;

/** The name of a kind of managed thing. */
export type KindName = (typeof table)[number]['name'];

/**
 * Every kind of managed thing, by name, in the order in which an owner's resources are set up. A kind is only ever handed the resources
 * that bear its name.
 */
export const kinds: ReadonlyMap<string, ManagedKind<unknown>> = inOrder(
  table.map((kind) => kind as ManagedKind<unknown>),
);

/** Whether a resource, or what a manifest lists, is of this kind. */
export function isOfKind(thing: { readonly kind: string }, name: KindName): boolean {
  return thing.kind === name;
}
