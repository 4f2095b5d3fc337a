import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { compressedAtOnce, sharedGzip, type GzipPiece } from './shared-gzip.ts';

/**
 * The beginning of every upload travels as it is and shows how fast the way is. It is several times what sshd takes in before the
 * program behind it has read anything (2 MiB, CHAN_SES_WINDOW_DEFAULT of OpenSSH), which is not counted.
 */
export const plainStartBytes = 6 * 2 ** 20;
const unreadBytes = 2 * 2 ** 20;
const readBytes = 2 ** 18;

/** How the rest of the file travels, as the receiving script reads it. */
export type RestOfUpload = 'plain' | 'gzip';

/**
 * A file as the receiving script takes it: its first `plainStartBytes`, then, if it is longer, a line that says how the rest travels,
 * and the rest. It is compressed where that is faster than the way. `progressed` is told the bytes of the file as they are taken.
 */
export async function* uploadStream(
  path: string,
  totalBytes: number,
  progressed: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const gzip = totalBytes > plainStartBytes ? sharedGzip(path, plainStartBytes) : undefined;
  try {
    const began = performance.now();
    yield* plain(path, 0, Math.min(plainStartBytes, totalBytes), progressed);
    if (gzip === undefined) return;
    const startMs = performance.now() - began;
    const rest = restOf(startMs, await gzip.trial, Math.min(compressedAtOnce, availableParallelism()));
    yield Buffer.from(`${rest}\n`);
    if (rest === 'plain') yield* plain(path, plainStartBytes, totalBytes, progressed);
    else yield* compressed(gzip.pieces(), progressed);
  } finally {
    gzip?.release();
  }
}

/**
 * How the rest should travel. Compressing has half of the processors that it could use: the other half encrypts, and on the host
 * unpacks. A way that is as fast as that gets the bytes as they are.
 */
export function restOf(
  startMs: number,
  trial: (Pick<GzipPiece, 'plainBytes'> & { readonly tookMs: number }) | undefined,
  atOnce: number,
): RestOfUpload {
  if (trial === undefined) return 'plain';
  const wayBytesPerMs = (plainStartBytes - unreadBytes) / startMs;
  const gzipBytesPerMs = (Math.max(1, atOnce / 2) * trial.plainBytes) / trial.tookMs;
  return gzipBytesPerMs > wayBytesPerMs ? 'gzip' : 'plain';
}

async function* plain(
  path: string,
  from: number,
  to: number,
  progressed: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  if (from === to) return;
  for await (const piece of createReadStream(path, { start: from, end: to - 1, highWaterMark: readBytes })) {
    const bytes = piece as Buffer;
    yield bytes;
    progressed(bytes.length);
  }
}

async function* compressed(
  pieces: AsyncIterable<GzipPiece>,
  progressed: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    yield piece.compressed;
    progressed(piece.plainBytes);
  }
}
