import { stepParts, type Step } from './step-name.ts';
import { z } from 'zod';
import type { SectorPiece, Sector } from './sector.ts';

const cid = z.object({ '/': z.string().min(1) }).transform((link) => link['/']);
const bytes = z.string().min(1);
const pieceInfo = z.object({ Size: z.number(), PieceCID: cid });
const commitments = z.object({ Unsealed: cid, Sealed: cid });
const newCommitments = z.object({ NewSealed: cid, NewUnsealed: cid });

/** Stores the result of a step in the sector. Throws when the value does not have the step's type. */
export function withResult(sector: Sector, step: Step, value: unknown): Sector {
  const { name, piece } = stepParts(step);
  switch (name) {
    case 'AP':
      return { ...sector, pieces: withCid(sector.pieces, piece, value) };
    case 'AP-update':
      return sector.update === undefined
        ? sector
        : {
            ...sector,
            update: { ...sector.update, pieces: withCid(sector.update.pieces, piece, value) },
          };
    case 'PC1':
      return { ...sector, preCommit1: bytes.parse(value) };
    case 'PC2': {
      const { Unsealed, Sealed } = commitments.parse(value);
      return { ...sector, commD: Unsealed, commR: Sealed };
    }
    case 'C1':
      return { ...sector, commit1: bytes.parse(value) };
    case 'C2': {
      // The vanilla proofs are no longer needed, and are as large as everything else together.
      const { commit1: _, ...rest } = sector;
      return { ...rest, proofBytes: bytes.parse(value) };
    }
    case 'RU': {
      const { NewSealed, NewUnsealed } = newCommitments.parse(value);
      return {
        ...sector,
        update: { pieces: [], ...sector.update, sealed: NewSealed, unsealed: NewUnsealed },
      };
    }
    case 'PR1':
      return { ...sector, update: { pieces: [], ...sector.update, vanilla: z.array(bytes).parse(value) } };
    case 'PR2': {
      const { vanilla: _, ...update } = { pieces: [], ...sector.update };
      return { ...sector, update: { ...update, proofBytes: bytes.parse(value) } };
    }
    default:
      return sector;
  }
}

function withCid(pieces: readonly SectorPiece[], index: number, value: unknown): SectorPiece[] {
  const { Size, PieceCID } = pieceInfo.parse(value);
  return pieces.map((piece, at) => {
    if (at !== index) return piece;
    if (piece.size !== Size)
      throw new Error(`the worker reported a piece of ${Size} bytes instead of ${piece.size}`);
    return { ...piece, cid: PieceCID };
  });
}
