import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fail } from '@sealctl/core/problem/problem';
import { fr32Pad, PieceHasher, type Piece } from '../../proofs/pieces.ts';
import type { ComputeProgress } from './job.ts';

/** Unpadded bytes per block: a multiple of 127. */
const blockBytes = 127 * 8192;

/**
 * Reads exactly `unpaddedBytes` of a payload, writes them, padded, to the file where one is given, and returns the piece. Rejects with
 * `piece-length` for a payload of another length.
 */
export async function writePiece(
  payload: Readable,
  unpaddedBytes: number,
  into: { readonly path: string; readonly paddedOffset: number } | undefined,
  onProgress: (progress: ComputeProgress) => void,
): Promise<Piece> {
  const hasher = new PieceHasher();
  const file = into === undefined ? undefined : await open(into.path, 'r+');
  let written = 0;
  try {
    for await (const block of blocksOf(payload)) {
      if (written + block.length > unpaddedBytes) throw wrongLength(unpaddedBytes, 'more');
      hasher.update(block);
      if (file !== undefined && into !== undefined) {
        // A block that is not a multiple of 127 is the last one, and then the payload is too short.
        const padded = fr32Pad(block);
        await file.write(padded, 0, padded.length, into.paddedOffset + (written / 127) * 128);
      }
      written += block.length;
      onProgress({ stage: 'piece', done: written, total: unpaddedBytes });
    }
    if (written !== unpaddedBytes) throw wrongLength(unpaddedBytes, `${written}`);
    await file?.sync();
    return hasher.finish((unpaddedBytes / 127) * 128);
  } finally {
    await file?.close();
  }
}

async function* blocksOf(payload: Readable): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    rest.push(chunk);
    bytes += chunk.length;
    if (bytes < blockBytes) continue;
    const joined = Buffer.concat(rest);
    const whole = joined.length - (joined.length % blockBytes);
    for (let at = 0; at < whole; at += blockBytes) yield joined.subarray(at, at + blockBytes);
    rest = [joined.subarray(whole)];
    bytes = joined.length - whole;
  }
  if (bytes > 0) yield Buffer.concat(rest);
}

function wrongLength(wanted: number, got: string) {
  return fail({
    code: 'piece-length',
    summary: `the piece has ${got} bytes instead of ${wanted}`,
    fix: 'send the whole piece again; its size is in unpadded bytes',
  });
}
