import { sectorSizeOfProof } from '@sealctl/core/lotus/seal-proof';
import { sectorFileSpace, type SectorFileMask } from '@sealctl/core/lotus/sector-file';
import { sectorSize } from '@sealctl/core/lotus/sector-size';
import type { PathType } from '@sealctl/core/lotus/rpc-values';

/** Results by proof, use and mask: there are a few hundred, and a cycle looks up thousands. */
const known = new Map<number, number>();

/** Bytes to reserve for these files of one sector on a path for this use; 0 for work without a sector. */
export function spaceFor(files: SectorFileMask, proof: number, use: PathType): number {
  const key = (proof * 2 + (use === 'sealing' ? 0 : 1)) * 64 + files;
  let bytes = known.get(key);
  if (bytes === undefined) {
    const size = sectorSizeOfProof(proof);
    const sectorBytes = size === undefined ? 0 : sectorSize(size).bytes;
    bytes = sectorFileSpace(files, sectorBytes, use === 'sealing' ? 'sealing' : 'finalized');
    known.set(key, bytes);
  }
  return bytes;
}
