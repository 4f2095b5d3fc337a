import type { Sector } from '../pipeline/sector.ts';
import type { StorageIndex } from '../storage-index.ts';
import type { RegisteredWorker } from '../worker-registry.ts';
import type { JobStore } from './job-store.ts';

const unsealed = 1;

/**
 * Finds sectors whose pieces were lost with a worker before anything was made from them: no path has the pieces, or none that has them has
 * reported for the given time. The miner still has the pieces in its spool, so they are written again without waiting for the worker.
 */
export function sectorsWithLostPieces(from: {
  readonly jobStore: Pick<JobStore, 'sectors' | 'jobs'>;
  readonly index: Pick<StorageIndex, 'findSector' | 'paths'>;
  readonly registry: { readonly list: () => readonly Pick<RegisteredWorker, 'enabled' | 'paths'>[] };
  readonly miner: number;
  readonly silentMs: number;
  readonly now: number;
}): number[] {
  const { jobStore, index, registry, miner, silentMs, now } = from;
  const served = new Set(
    registry.list().flatMap(({ enabled, paths }) => (enabled ? paths.map(({ ID }) => ID) : [])),
  );
  const isLost = (path: string): boolean =>
    !served.has(path) && now - (index.paths().get(path)?.heardAt ?? -Infinity) > silentMs;
  const busy = new Set(
    [...jobStore.jobs.values()].flatMap(({ place, sector }) => (place === undefined ? [] : [sector.Number])),
  );
  return [...jobStore.sectors.values()]
    .filter((sector) => hasFreshPieces(sector) && !busy.has(sector.number))
    .filter(({ number }) =>
      index.findSector({ Miner: miner, Number: number }, unsealed, 0, false).every(({ ID }) => isLost(ID)),
    )
    .map(({ number }) => number);
}

/** Whether pieces were written and nothing was made from them yet. */
export function hasFreshPieces({ state, pieces }: Sector): boolean {
  return (
    (state === 'AddPiece' || state === 'Packing' || state === 'PreCommit1') &&
    pieces.some(({ cid }) => cid !== undefined)
  );
}
