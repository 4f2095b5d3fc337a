import type { Sector } from '../pipeline/sector.ts';
import type { StorageIndex } from '../storage-index.ts';
import type { RegisteredWorker } from '../worker-registry.ts';
import type { JobStore } from './job-store.ts';

const unsealed = 1;

/**
 * Sectors whose pieces were lost with a worker before anything came of them: every path that has them is silent for so long,
 * or none has them. The miner still has the pieces itself, and zeros are everywhere, so they are begun anew and not waited for.
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

/** Whether pieces were written and nothing was made of them yet. */
export function hasFreshPieces({ state, pieces }: Sector): boolean {
  return (
    (state === 'AddPiece' || state === 'Packing' || state === 'PreCommit1') &&
    pieces.some(({ cid }) => cid !== undefined)
  );
}
