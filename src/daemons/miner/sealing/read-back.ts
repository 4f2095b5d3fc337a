import { fileMaskOf } from '@sealctl/core/lotus/sector-file';
import type { Sector } from '../pipeline/sector.ts';
import type { StorageIndex } from '../storage-index.ts';

/**
 * Throws if the data of an upgraded sector cannot be read. Reading needs the sector key, which the upgrade deletes at its end. Lotus
 * regenerates the key by sealing the empty sector again; here the key is regenerated from the data. Source: docs/spec/lotus.md section
 * 13.4.
 */
export function requireKey(
  { number, update }: Sector,
  index: Pick<StorageIndex, 'findSector'>,
  miner: number,
): void {
  if (update?.sealed === undefined) return;
  const keyOrData = fileMaskOf(['sealed', 'unsealed']);
  if (index.findSector({ Miner: miner, Number: number }, keyOrData, 0, false).length > 0) return;
  throw new Error(
    `sector ${number} was upgraded and its key deleted with that, and no storage path has its data any more: attach one that ` +
      `still holds its unsealed file, and run 'seal-miner sectors regenerate ${number}' while that is there`,
  );
}
