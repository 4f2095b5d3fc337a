import type { Logger } from 'pino';
import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import type { SectorIndex, StorageIndexClient } from '../base/storage/storage-index.ts';
import { retryUntilReachable } from './miner-link.ts';

/** A client for the miner's storage index. */
export function remoteIndex(client: RpcClient<MinerApi>): StorageIndexClient & SectorIndex {
  const nothing = (): undefined => undefined;
  return {
    attach: (info, stat) => client.call('StorageAttach', [info, stat]).then(nothing),
    detach: (id, url) => client.call('StorageDetach', [id, url]).then(nothing),
    reportHealth: (id, report) => client.call('StorageReportHealth', [id, report]).then(nothing),
    declareSector: (id, sector, files, primary) =>
      client.call('StorageDeclareSector', [id, sector, files, primary]).then(nothing),
    dropSector: (id, sector, files) => client.call('StorageDropSector', [id, sector, files]).then(nothing),
    findSector: async (sector, files, sectorBytes) =>
      (await client.call('StorageFindSector', [sector, files, sectorBytes, false])) ?? [],
    bestAlloc: (files, sectorBytes, use, miner) =>
      client.call('StorageBestAlloc', [files, sectorBytes, use, miner]),
    list: () => client.call('StorageList', []),
  };
}

/**
 * The index for running tasks: calls wait while the miner is unreachable, until `signal` aborts. Hours of work must not fail because the
 * miner restarts when they end.
 */
export function patientIndex(index: SectorIndex, signal: AbortSignal, log: Logger): SectorIndex {
  return {
    declareSector: (...words) => retryUntilReachable(() => index.declareSector(...words), signal, log),
    dropSector: (...words) => retryUntilReachable(() => index.dropSector(...words), signal, log),
    findSector: (...words) => retryUntilReachable(() => index.findSector(...words), signal, log),
    bestAlloc: (...words) => retryUntilReachable(() => index.bestAlloc(...words), signal, log),
  };
}
