import { describe, expect, it } from 'vitest';
import { newSector, type Sector } from '../../../../src/daemons/miner/pipeline/sector.ts';
import type { Job } from '../../../../src/daemons/miner/sealing/job.ts';
import { sectorsWithLostPieces } from '../../../../src/daemons/miner/sealing/lost-pieces.ts';
import { makeStorageIndex } from '../../../../src/daemons/miner/storage-index.ts';
import { newSectorStore } from '../../../../src/core/lotus/storage-files.ts';

const minute = 60_000;
const stat = { Capacity: 1e9, Available: 1e9, FSAvailable: 1e9, Reserved: 0, Max: 0, Used: 0 };
const info = {
  URLs: ['http://w/remote'],
  ...newSectorStore,
  CanSeal: true,
};

/** Which of two sectors in PC1 lost their pieces: 1 lies on a path that was heard of at 0, 2 on one that was heard of at 30 minutes. */
function lostAt(
  now: number,
  {
    served = [],
    busy = [],
    state = 'PreCommit1',
  }: { served?: string[]; busy?: number[]; state?: Sector['state'] } = {},
): number[] {
  let time = 0;
  const index = makeStorageIndex(
    () => time,
    () => undefined,
  );
  const sectors = new Map<number, Sector>();
  for (const [number, path, heardAt] of [
    [1, 'old', 0],
    [2, 'young', 30 * minute],
  ] as const) {
    time = heardAt;
    index.attach({ ...info, ID: path }, stat);
    index.reportHealth(path, { Stat: stat, Err: '' });
    index.declareSector(path, { Miner: 1000, Number: number }, 1, false);
    sectors.set(number, { ...newSector(number, 5, false, 0), state, pieces: [{ size: 2048, cid: 'baga' }] });
  }
  const jobs = new Map(
    busy.map((Number) => [String(Number), { sector: { Miner: 1000, Number }, place: {} } as unknown as Job]),
  );
  const paths = served.map((ID) => ({ ID, Weight: 10, LocalPath: '/', CanSeal: true, CanStore: false }));
  return sectorsWithLostPieces({
    jobStore: { sectors, jobs },
    index,
    registry: { list: () => [{ enabled: true, paths }] },
    miner: 1000,
    silentMs: 20 * minute,
    now,
  });
}

describe('pieces of a sector', () => {
  it('are lost when every path that has them has been silent for too long', () => {
    expect(lostAt(19 * minute)).toEqual([]);
    expect(lostAt(40 * minute)).toEqual([1]);
    expect(lostAt(60 * minute)).toEqual([1, 2]);
  });

  it('are not lost while a worker serves the path, the sector is worked on, or something was made of them', () => {
    expect(lostAt(60 * minute, { served: ['old'] })).toEqual([2]);
    expect(lostAt(60 * minute, { busy: [2] })).toEqual([1]);
    expect(lostAt(60 * minute, { state: 'PreCommit2' })).toEqual([]);
  });
});
