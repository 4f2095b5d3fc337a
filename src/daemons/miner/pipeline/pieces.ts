import type { SectorPiece } from './sector.ts';

/** The smallest piece: four nodes of 32 bytes. */
export const smallestPiece = 128;

/** Size of a piece in bytes before fr32 padding: 127 of every 128. */
export function unpaddedBytes(padded: number): number {
  return (padded / 128) * 127;
}

/** The smallest piece that holds this many bytes of a file: a power of two, padded. */
export function paddedSizeFor(fileBytes: number): number {
  let size = smallestPiece;
  while (unpaddedBytes(size) < fileBytes) size *= 2;
  return size;
}

/**
 * Appends a piece, after the zeros that bring it to an offset that is a multiple of its size.
 * Undefined when the sector has no space for it.
 */
export function withPiece(
  pieces: readonly SectorPiece[],
  piece: SectorPiece,
  sectorBytes: number,
): SectorPiece[] | undefined {
  const end = lengthOf(pieces);
  const aligned = Math.ceil(end / piece.size) * piece.size;
  if (aligned + piece.size > sectorBytes) return undefined;
  return [...pieces, ...zeros(end, aligned), piece];
}

/** The pieces, followed by zeros to the end of the sector. */
export function filled(pieces: readonly SectorPiece[], sectorBytes: number): SectorPiece[] {
  return [...pieces, ...zeros(lengthOf(pieces), sectorBytes)];
}

/** The fewest pieces of zeros between two offsets, each a power of two at a multiple of its size. */
function zeros(from: number, to: number): SectorPiece[] {
  const pieces: SectorPiece[] = [];
  let at = from;
  while (at < to) {
    let size = smallestPiece;
    while (at % (size * 2) === 0 && at + size * 2 <= to) size *= 2;
    pieces.push({ size });
    at += size;
  }
  return pieces;
}

function lengthOf(pieces: readonly SectorPiece[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}
