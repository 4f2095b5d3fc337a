import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Transform, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { fail, messageOf, type ProblemError } from '../problem/problem.ts';
import type { HostConnection, UploadRequest, UploadResult } from './connection.ts';
import { timedOut } from './ssh-problem.ts';

/** $1 path, $2 digest. */
const isThere = `[ -f "$1" ] && [ "$(sha256sum < "$1" | cut -d' ' -f1)" = "$2" ]`;

/**
 * $1 path, $2 digest, $3 mode; the compressed file on standard input, of which every target has the program to unpack it. What an
 * earlier upload left that could not clean up (a power cut) goes after an hour.
 */
const receive = `set -eu
umask 077
find "\${1%/*}" -maxdepth 1 -name '*.upload-*' -mmin +60 -exec rm -f -- {} +
tmp=$1.upload-$$
trap 'rm -f -- "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
gzip -dc > "$tmp"
got=$(sha256sum < "$tmp" | cut -d' ' -f1)
[ "$got" = "$2" ] || { echo "what arrived has the digest $got" >&2; exit 65; }
chmod "$3" "$tmp"
sync "$tmp"
mv -f -- "$tmp" "$1"
`;

/** Level 1 already halves what has to travel, at a speed that no network here outruns. */
const gzipLevel = 1;
const defaultStallMs = 30_000;
/** A host writes and hashes at least so many bytes a second when all has arrived. */
const slowestDisk = 10 * 2 ** 20;

/** See `HostConnection.upload`. */
export async function upload(connection: HostConnection, request: UploadRequest): Promise<UploadResult> {
  const { file, path, sha256, mode, timeoutMs, signal } = request;
  const totalBytes = await sizeOf(request, connection.host);
  const present = await connection.exec({
    argv: ['sh', '-c', isThere, 'sh', path, sha256],
    step: `look for ${path}`,
    timeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (present.status === 0) return { sent: false, bytes: totalBytes };
  const digest = createHash('sha256');
  const stall = stallWatch(request, totalBytes, () => sentBytes);
  let sentBytes = 0;
  const onPiece = (bytes: number) => {
    sentBytes += bytes;
    stall.moved();
    request.onProgress?.({ sentBytes, totalBytes });
  };
  try {
    const result = await connection.exec({
      argv: ['sh', '-c', receive, 'sh', path, sha256, mode],
      stdin: compressed(file, digest, onPiece),
      step: `upload ${path}`,
      timeoutMs,
      signal: signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal]),
    });
    if (result.status === 0) return { sent: true, bytes: totalBytes };
    const here = sentBytes === totalBytes ? digest.digest('hex') : sha256;
    throw here === sha256
      ? uploadFailed(request, connection.host, result.stderr.trim() || `it ended with ${result.status}`)
      : differsHere(request, here);
  } catch (thrown) {
    if (stall.signal.aborted)
      throw timedOut(
        connection.host,
        `upload ${path} (${sentBytes} of ${totalBytes} bytes)`,
        stall.limitMs(),
      );
    throw thrown;
  } finally {
    stall.stop();
  }
}

async function sizeOf(request: UploadRequest, host: string): Promise<number> {
  try {
    return (await stat(request.file)).size;
  } catch (thrown) {
    throw uploadFailed(request, host, messageOf(thrown), thrown);
  }
}

function compressed(file: string, digest: Hash, onPiece: (bytes: number) => void): Readable {
  const counted = new Transform({
    transform(piece: Buffer, _encoding, done) {
      digest.update(piece);
      onPiece(piece.length);
      done(null, piece);
    },
  });
  // An error anywhere in the line destroys the end with it, where the reader meets it.
  return pipeline(createReadStream(file), counted, createGzip({ level: gzipLevel }), () => undefined);
}

/** Fires when nothing has moved for too long; after the last byte the host gets the time that a slow disk needs. */
function stallWatch(
  { stallMs = defaultStallMs }: UploadRequest,
  totalBytes: number,
  sentBytes: () => number,
): {
  readonly signal: AbortSignal;
  readonly limitMs: () => number;
  readonly moved: () => void;
  readonly stop: () => void;
} {
  const stalled = new AbortController();
  const limitMs = () => (sentBytes() < totalBytes ? stallMs : stallMs + (totalBytes / slowestDisk) * 1_000);
  let timer = setTimeout(() => stalled.abort(), stallMs);
  return {
    signal: stalled.signal,
    limitMs,
    moved: () => {
      clearTimeout(timer);
      timer = setTimeout(() => stalled.abort(), limitMs());
    },
    stop: () => clearTimeout(timer),
  };
}

function uploadFailed(
  { file, path }: UploadRequest,
  host: string,
  why: string,
  cause?: unknown,
): ProblemError {
  return fail(
    {
      code: 'upload-failed',
      summary: `${file} could not be put at ${path}`,
      where: { in: 'host', host, path },
      why,
      fix: 'remove the reason and run the same command again; nothing was left under that name',
    },
    { cause },
  );
}

function differsHere({ file, sha256 }: UploadRequest, here: string): ProblemError {
  return fail({
    code: 'upload-failed',
    summary: `${file} is not the file that was to be uploaded`,
    why: `its digest is ${here}, not ${sha256}: it changed since it was looked at`,
    fix: 'plan again',
  });
}
