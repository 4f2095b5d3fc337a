import { environment } from './environment.ts';
import type { Kind } from './kind.ts';
import { limits } from './limits.ts';
import { minerConfig } from './miner-config.ts';
import { minerRepo } from './miner-repo.ts';
import { release } from './release.ts';
import { repoDirectory } from './repo-directory.ts';
import { releaseStore } from './release-store.ts';
import { sectorStore } from './sector-store.ts';
import { service } from './service.ts';
import { storageList } from './storage-list.ts';
import { taskSet } from './task-set.ts';
import { unit } from './unit.ts';

/** Every kind of managed thing, by name. */
export const kinds: ReadonlyMap<string, Kind<unknown>> = new Map(
  [
    erased(limits),
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
  ].map((kind) => [kind.name, kind]),
);

/** A kind is only ever handed the resources that bear its name, so what it wants of them need not be known here. */
function erased<Desired>(kind: Kind<Desired>): Kind<unknown> {
  return kind as Kind<unknown>;
}
