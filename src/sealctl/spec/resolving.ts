import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { StorageGroups } from './groups.ts';
import { OriginCache } from './layers.ts';
import type { Loading } from './loading.ts';
import { readReleases, type Release } from './releases.ts';
import { readWorkerTasks } from './tasks.ts';

/** Facts that are computed once and looked up for every host and worker. */
export interface Resolving {
  readonly loading: Loading;
  readonly origins: OriginCache;
  readonly releases: ReadonlyMap<string, Release>;
  readonly groups: StorageGroups;
  /** Returns the tasks of a list; lists shared through task sets and aliases are read once. */
  readonly tasksOf: (list: readonly (string | undefined)[]) => readonly TaskCode[];
}

export function startResolving(loading: Loading): Resolving {
  const lists = new Map<object, readonly TaskCode[]>();
  return {
    loading,
    origins: new OriginCache(loading),
    releases: readReleases(loading),
    groups: new StorageGroups(loading),
    tasksOf: (list) => {
      const known = lists.get(list);
      if (known !== undefined) return known;
      const codes = readWorkerTasks(loading, list);
      lists.set(list, codes);
      return codes;
    },
  };
}
