import { inOrder, type ManagedKind } from './core/managed-kind.ts';
import { environment } from './daemon/environment.ts';
import { limits } from './host/limits.ts';
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

/** Every kind of managed thing, by name, in the order in which an owner's resources are set up. */
export const kinds: ReadonlyMap<string, ManagedKind<unknown>> = inOrder([
  erased(limits),
  erased(logs),
  erased(releaseStore),
  erased(release),
  erased(environment),
  erased(repoDirectory),
  erased(sectorStore),
  erased(storageList),
  erased(minerConfig),
  erased(minerRepo),
  erased(unit),
  erased(service),
  erased(taskSet),
]);

/** A kind is only ever handed the resources that bear its name, so what it wants of them need not be known here. */
function erased<Desired>(kind: ManagedKind<Desired>): ManagedKind<unknown> {
  return kind as ManagedKind<unknown>;
}
