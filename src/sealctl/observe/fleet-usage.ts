import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import { RpcError } from '@sealctl/core/lotus/rpc-error';
import type { FsStat } from '@sealctl/core/lotus/rpc-values';
import { sectorName } from '@sealctl/core/lotus/sector-file';
import { messageOf } from '@sealctl/core/problem/problem';
import { readUsualTimes, type UsualTimes } from './usual-times.ts';

/** Facts that only listings need: no plan depends on them. */
export interface FleetUsage {
  /** By path ID, for every path of the miner's index. */
  readonly paths: ReadonlyMap<string, PathUsage>;
  readonly usual: UsualTimes;
  /** Sectors by state. */
  readonly sectors: Readonly<Record<string, number>>;
  /** Tasks that wait for a worker. */
  readonly waiting: number;
}

export interface PathUsage {
  /** Sectors with files there. */
  readonly sectors: number;
  readonly freeSpace: FsStat | { readonly unreachable: string };
}

/** The owner of a path is asked by the miner; one that is away must not keep a listing waiting. */
const freeSpaceTimeoutMs = 5000;

/** Asks the miner for free space, records and counts. */
export async function readStorageUsage(miner: RpcClient<MinerApi>): Promise<FleetUsage> {
  const [index, usual, sectors, diagnosis] = await Promise.all([
    miner.call('StorageList', []),
    readUsualTimes(miner),
    miner.call('SectorsSummary', []),
    miner.call('SealingSchedDiag', [false]),
  ]);
  const paths = await Promise.all(
    Object.entries(index).map(async ([id, declared]) => {
      const names = new Set((declared ?? []).map((sector) => sectorName(sector)));
      return [id, { sectors: names.size, freeSpace: await freeSpaceOf(miner, id) }] as const;
    }),
  );
  return { paths: new Map(paths), usual, sectors, waiting: (diagnosis.SchedInfo.Requests ?? []).length };
}

async function freeSpaceOf(miner: RpcClient<MinerApi>, id: string): Promise<PathUsage['freeSpace']> {
  try {
    return await miner.call('StorageStat', [id], { timeoutMs: freeSpaceTimeoutMs });
  } catch (thrown) {
    if (thrown instanceof RpcError) return { unreachable: messageOf(thrown) };
    throw thrown;
  }
}
