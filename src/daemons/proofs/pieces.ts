import type { NativePiece } from './native-addon.ts';
import { native } from './native.ts';
import { callKernel, runNativeOperation, type OperationOptions } from './operation.ts';

/** A piece of a sector: its padded size (a power of two, at least 128) and its commitment, CommP. */
export type Piece = NativePiece;

/** Pads data by fr32: every 254 bits become 32 bytes, the last element completed with zero bits. Source: docs/spec/sealing.md section 2. */
export function fr32Pad(unpadded: Uint8Array): Buffer {
  return callKernel(() => native().fr32Pad({ unpadded }));
}

/**
 * Returns the unpadded bytes [offset, offset + bytes) of fr32-padded data, which must consist of whole blocks of 128 bytes. Throws
 * `sealing-invalid-argument` for a range outside the data.
 */
export function fr32Unpad(padded: Uint8Array, offset: number, bytes: number): Buffer {
  return callKernel(() => native().fr32Unpad({ padded, offset, bytes }));
}

/** The commitment of 32 * 2^level zero bytes, padded; level 0 to 63. Source: docs/spec/sealing.md section 3.2. */
export function zeroCommitment(level: number): Buffer {
  return callKernel(() => native().zeroCommitment({ level }));
}

/**
 * Computes CommD of a sector from its pieces in order. Each piece is aligned to its own size; gaps and the tail are zeros. Throws
 * `sealing-invalid-argument` when the pieces do not fit. Source: docs/spec/sealing.md section 3.3.
 */
export function commDOfPieces(sectorBytes: number, pieces: readonly Piece[]): Buffer {
  return callKernel(() => native().commDOfPieces({ sectorBytes, pieces }));
}

/**
 * Number of zero bytes to write before and after a piece of `pieceBytes` unpadded bytes when the sector already contains `writtenBytes`
 * unpadded bytes. Source: docs/spec/sealing.md section 3.3.
 */
export function pieceFill(writtenBytes: number, pieceBytes: number): { before: number; after: number } {
  return callKernel(() => native().pieceFill({ writtenBytes, pieceBytes }));
}

/**
 * Computes CommP of a payload that arrives in parts of any length. It hashes on the calling thread, at about a gigabyte per second. For a
 * file, `pieceOfFile` uses several threads and does not block the calling one.
 */
export class PieceHasher {
  readonly #hasher = new (native().PieceHasher)();

  update(payload: Uint8Array): void {
    this.#hasher.update(payload);
  }

  /** The piece, zero-extended to `paddedBytes` (the smallest legal size when absent). Ends the hasher. */
  finish(paddedBytes?: number): Piece {
    return callKernel(() => this.#hasher.finish(paddedBytes === undefined ? {} : { paddedBytes }));
  }
}

/** CommP of `payloadBytes` bytes of a file from `offset` on. Progress stage `comm-p`, in bytes. */
export function pieceOfFile(
  path: string,
  payload: { readonly offset: number; readonly payloadBytes: number; readonly paddedBytes?: number },
  options?: OperationOptions,
): Promise<Piece> {
  return runNativeOperation((long) => native().commitToFile({ ...long, path, ...payload }), options);
}
