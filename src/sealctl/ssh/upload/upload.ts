import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fail, messageOf, type ProblemError } from '@sealctl/core/problem/problem';
import type { HostConnection, UploadRequest, UploadResult } from '../connection.ts';
import { timedOut } from '../ssh-problem.ts';
import { plainStartBytes, uploadStream } from './upload-stream.ts';

/** Exit status of `receive` after a checksum mismatch. */
const digestDiffers = 65;

/**
 * A shell function that writes the SHA-256 of its standard input in hex. OpenSSL uses the processor's SHA instructions, which coreutils
 * do not, where it is there and gives the right digest of an `x`.
 */
export const sha256Function = `sha256() {
  known=2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881
  case $(printf x | openssl dgst -sha256 -r 2>/dev/null) in
    $known*) openssl dgst -sha256 -r ;;
    *) sha256sum ;;
  esac | cut -d' ' -f1
}
`;

/** $1 path, $2 digest. */
const isThere = `[ -f "$1" ] || exit 1
${sha256Function}
[ "$(sha256 < "$1")" = "$2" ]`;

/**
 * $1 path, $2 digest, $3 mode, $4 bytes that come first; the `uploadStream` on standard input, whose rest may be compressed by what every
 * target has the program to unpack. The digest is taken while the file is written; what could not be written spoils it. What an earlier
 * upload left that could not clean up (a power cut) goes after an hour.
 */
export const receiveScript = `set -eu
umask 077
${sha256Function}
find "\${1%/*}" -maxdepth 1 -name '*.upload-*' -mmin +60 -exec rm -f -- {} +
tmp=$1.upload-$$
trap 'rm -f -- "$tmp"' EXIT
trap 'exit 1' HUP INT PIPE TERM
arriving() {
  head -c "$1"
  way=
  read -r way || :
  case $way in
    plain) cat ;;
    gzip) gzip -dc ;;
  esac
}
got=$(arriving "$4" | { tee -- "$tmp" || echo incomplete; } | sha256)
[ "$got" = "$2" ] || { echo "what arrived has the digest $got" >&2; exit ${digestDiffers}; }
chmod "$3" "$tmp"
sync "$tmp"
mv -f -- "$tmp" "$1"
`;

const defaultStallMs = 30_000;
/** The bytes a host writes and hashes in a second, at least, after the transfer. */
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
  let sentBytes = 0;
  const stall = stallWatch(request, totalBytes, () => sentBytes);
  const progressed = (bytes: number) => {
    sentBytes += bytes;
    stall.progressed();
    request.onProgress?.({ sentBytes, totalBytes });
  };
  try {
    const result = await connection.exec({
      argv: ['sh', '-c', receiveScript, 'sh', path, sha256, mode, String(plainStartBytes)],
      stdin: uploadStream(file, totalBytes, progressed),
      step: `upload ${path}`,
      timeoutMs,
      signal: signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal]),
    });
    if (result.status === 0) return { sent: true, bytes: totalBytes };
    if (result.status === digestDiffers) {
      const here = await sha256Of(file);
      if (here !== sha256) throw differsHere(request, here);
    }
    const why = result.stderr.trim() || `it ended with ${result.status}`;
    throw uploadFailed(request, connection.host, why);
  } catch (thrown) {
    if (!stall.signal.aborted) throw thrown;
    const step = `upload ${path} (${sentBytes} of ${totalBytes} bytes)`;
    throw timedOut(connection.host, step, stall.limitMs());
  } finally {
    stall.stop();
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function sizeOf(request: UploadRequest, host: string): Promise<number> {
  try {
    return (await stat(request.file)).size;
  } catch (thrown) {
    throw uploadFailed(request, host, messageOf(thrown), thrown);
  }
}

/** Fires when an upload stalls. After the last byte the host gets the time that a slow disk needs. */
function stallWatch(
  { stallMs = defaultStallMs }: UploadRequest,
  totalBytes: number,
  sentBytes: () => number,
): {
  readonly signal: AbortSignal;
  readonly limitMs: () => number;
  readonly progressed: () => void;
  readonly stop: () => void;
} {
  const stalled = new AbortController();
  const limitMs = () => (sentBytes() < totalBytes ? stallMs : stallMs + (totalBytes / slowestDisk) * 1_000);
  let timer = setTimeout(() => stalled.abort(), stallMs);
  return {
    signal: stalled.signal,
    limitMs,
    progressed: () => {
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
      summary: `cannot upload ${file} to ${path}`,
      where: { in: 'host', host, path },
      why,
      fix: 'fix the cause and run the same command again; no partial file was left',
    },
    { cause },
  );
}

function differsHere({ file, sha256 }: UploadRequest, here: string): ProblemError {
  return fail({
    code: 'upload-failed',
    summary: `${file} has changed since it was read`,
    why: `its SHA-256 is ${here}, not ${sha256}`,
    fix: 'plan again',
  });
}
