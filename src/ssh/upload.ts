import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { createGzip } from 'node:zlib';
import { fail } from '../problem/problem.ts';
import type { HostConnection, UploadRequest, UploadResult } from './connection.ts';

/** $1 path, $2 digest. */
const isThere = `[ -f "$1" ] && [ "$(sha256sum < "$1" | cut -d' ' -f1)" = "$2" ]`;

/** $1 path, $2 digest, $3 mode; the compressed file on standard input. */
const receive = `set -eu
umask 077
tmp="$1.new.$$"
trap 'rm -f -- "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
gzip -dc > "$tmp"
got=$(sha256sum < "$tmp" | cut -d' ' -f1)
[ "$got" = "$2" ] || { echo "digest $got" >&2; exit 65; }
chmod "$3" "$tmp"
sync "$tmp"
mv -f -- "$tmp" "$1"
`;

/** See `HostConnection.upload`. */
export async function upload(connection: HostConnection, request: UploadRequest): Promise<UploadResult> {
  const { path, sha256, mode, timeoutMs, signal } = request;
  const limits = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
  const present = await connection.exec({
    argv: ['sh', '-c', isThere, 'sh', path, sha256],
    step: `look for ${path}`,
    ...limits,
  });
  const { size } = await stat(request.file);
  if (present.status === 0) return { sent: false, bytes: size };
  const digest = createHash('sha256');
  const result = await connection.exec({
    argv: ['sh', '-c', receive, 'sh', path, sha256, mode],
    stdin: createReadStream(request.file)
      .pipe(counted(size, digest, request))
      .pipe(createGzip({ level: 1 })),
    step: `upload ${path}`,
    ...limits,
  });
  const sent = digest.digest('hex');
  if (result.status === 0) return { sent: true, bytes: size };
  throw fail({
    code: 'upload-failed',
    summary: `${request.file} could not be put at ${path}`,
    where: { in: 'host', host: connection.host, path },
    why: sent === sha256 ? result.stderr.trim() : `the local file has the digest ${sent}, not ${sha256}`,
    fix:
      sent === sha256
        ? 'see the reason; nothing was left under the name'
        : 'correct the release in cluster.yaml, or build it again',
  });
}

function counted(
  totalBytes: number,
  digest: ReturnType<typeof createHash>,
  { onProgress }: UploadRequest,
): Transform {
  let sentBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk);
      sentBytes += chunk.length;
      onProgress?.({ sentBytes, totalBytes });
      done(null, chunk);
    },
  });
}
