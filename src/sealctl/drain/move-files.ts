import type { CallId, StorageInfo } from '@sealctl/core/lotus/rpc-values';
import { fileMaskOf, sectorName, type SectorFileMask, type SectorId } from '@sealctl/core/lotus/sector-file';
import { messageOf } from '@sealctl/core/problem/problem';
import type { OnlyCopyBlocker } from './blockers.ts';
import type { DrainEvent } from './events.ts';

/** A worker with a long-term path that can take a sector's files. */
export interface Store {
  readonly pathId: string;
  /** Label of its worker. */
  readonly worker: string;
}

/** What moving asks of the cluster. */
export interface MoveLink {
  /** Other hosts' stores that take these files, best first. */
  readonly storesFor: (copy: OnlyCopyBlocker) => Promise<readonly Store[]>;
  /** Tells the store's worker to fetch the files and the source to give them up; answers the call's ID. */
  readonly fetch: (store: Store, sector: SectorId, files: SectorFileMask) => Promise<CallId>;
  /** Whether the worker still works on the call, or may do so: a lotus-worker does not list its calls. */
  readonly isRunning: (store: Store, call: CallId) => Promise<boolean>;
}

interface Move {
  readonly copy: OnlyCopyBlocker;
  readonly store: Store;
  readonly call: CallId;
  /** The worker has ended the call. The index shows at the next reading whether it succeeded. */
  over: boolean;
}

/** Tries of one sector before it is left to the operator. */
const tries = 3;

/**
 * Moves finished files to other hosts' stores, one sector after the other so that a host that is to go is not also overrun. Each call of
 * the returned function looks how the move under way does and begins the next.
 */
export function makeFileMover(
  host: string,
  link: MoveLink,
  notify: (event: DrainEvent) => void,
): (copies: readonly OnlyCopyBlocker[]) => Promise<void> {
  let current: Move | undefined;
  const failures = new Map<string, number>();
  const hopeless = new Set<string>();

  return async (copies) => {
    if (current !== undefined && !(await isSettled(current, copies))) return;
    current = undefined;
    for (const copy of copies) {
      if (copy.phase !== 'finished' || hopeless.has(sectorName(copy.sector))) continue;
      current = await begin(copy);
      if (current !== undefined) return;
    }
  };

  async function isSettled(move: Move, copies: readonly OnlyCopyBlocker[]): Promise<boolean> {
    const name = sectorName(move.copy.sector);
    const event = {
      event: 'file-move',
      host,
      sector: move.copy.sector.Number,
      to: move.store.worker,
    } as const;
    if (!copies.some(({ sector }) => sectorName(sector) === name)) {
      notify({ ...event, outcome: 'done' });
      return true;
    }
    if (move.over) {
      fail(name);
      const why = `the log of ${move.store.worker} says why`;
      notify({ ...event, outcome: 'failed', why });
      return true;
    }
    move.over = !(await link.isRunning(move.store, move.call));
    return false;
  }

  async function begin(copy: OnlyCopyBlocker): Promise<Move | undefined> {
    const name = sectorName(copy.sector);
    const event = { event: 'file-move', host, sector: copy.sector.Number } as const;
    const stores = await link.storesFor(copy);
    // After a failure the next best store has its turn.
    const store = stores[(failures.get(name) ?? 0) % Math.max(1, stores.length)];
    if (store === undefined) {
      hopeless.add(name);
      const why = 'no worker of another host has a long-term path that takes its files';
      notify({ ...event, outcome: 'no-store', why });
      return undefined;
    }
    try {
      const call = await link.fetch(store, copy.sector, fileMaskOf(copy.files));
      notify({ ...event, outcome: 'started', to: store.worker });
      return { copy, store, call, over: false };
    } catch (thrown) {
      fail(name);
      notify({ ...event, outcome: 'failed', to: store.worker, why: messageOf(thrown) });
      return undefined;
    }
  }

  function fail(name: string): void {
    const count = (failures.get(name) ?? 0) + 1;
    failures.set(name, count);
    if (count >= tries) hopeless.add(name);
  }
}

/**
 * The paths of `best` that may take files from `sources`: not one of the host's own, and in a group that every source may give to, where a
 * source names any. `owner` tells whose a path is.
 */
export function storesAmong(
  best: readonly StorageInfo[],
  sources: readonly Pick<StorageInfo, 'AllowTo'>[],
  own: ReadonlySet<string>,
  owner: (pathId: string) => string | undefined,
): Store[] {
  const allowed = ({ Groups }: StorageInfo) =>
    sources.every(
      ({ AllowTo }) =>
        AllowTo === null || AllowTo.length === 0 || AllowTo.some((group) => Groups?.includes(group)),
    );
  return best
    .filter((path) => path.CanStore && !own.has(path.ID) && allowed(path))
    .flatMap(({ ID }) => {
      const worker = owner(ID);
      return worker === undefined ? [] : [{ pathId: ID, worker }];
    });
}
