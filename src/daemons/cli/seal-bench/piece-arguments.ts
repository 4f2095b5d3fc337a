import { dataCommitmentOf } from '../../proofs/commitment-cid.ts';
import { commDOfPieces, type Piece } from '../../proofs/pieces.ts';
import { usage } from '../../lotus-cli/flag.ts';

/** CommD of the `PIECE-CID PADDED-SIZE` pairs on a command line; undefined without pairs, and CommD is then computed from the data. */
export function commDOfArguments(sectorBytes: number, words: readonly string[]): Buffer | undefined {
  const pieces: Piece[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const size = words[i + 1] ?? '';
    if (!/^\d+$/.test(size))
      throw usage(
        size,
        `'${size}' is not a padded piece size in bytes`,
        'write the size that addpiece printed',
      );
    pieces.push({ commitment: dataCommitmentOf(words[i] ?? ''), paddedBytes: Number(size) });
  }
  return pieces.length === 0 ? undefined : commDOfPieces(sectorBytes, pieces);
}
