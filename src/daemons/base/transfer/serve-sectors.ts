import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, Transform, type Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import {
  isSectorFileType,
  parseSectorName,
  sectorFileTypes,
  type SectorFileTypeName,
  type SectorId,
} from '@sealctl/core/lotus/sector-file';
import { sectorSizeOfProof } from '@sealctl/core/lotus/seal-proof';
import { sectorSize } from '@sealctl/core/lotus/sector-size';
import type { Admit } from '../http-server.ts';
import type { LocalStorage } from '../storage/local-storage.ts';
import { isPresent } from '../storage/unsealed-file.ts';
import { packCache } from './sector-tar.ts';
import { readManifest } from './sector-manifest.ts';

/** Largest part, in bytes, for which a digest is computed on request, since the part is held in memory. */
export const maxDigestedBytes = 16 * 2 ** 20;

/** A request for one sector's files of one type. */
interface FilesAsked {
  readonly Params: { readonly type: string; readonly sector: string };
}

/**
 * Serves the sector files of a daemon's own paths under `/remote`, as docs/spec/lotus.md section 11.1 describes: a file with ranges, a
 * directory as tar, deletion, and whether a range of an unsealed file is there. Our additions: a manifest, single files of a directory
 * (`?file=`), and `Content-Digest` (RFC 9530) for parts of up to 16 MiB whose caller sends `Want-Content-Digest`. Every route requires
 * admin.
 */
export function serveSectors(
  app: FastifyInstance,
  admit: Admit,
  {
    storage,
    log,
    onSent,
  }: {
    readonly storage: Pick<LocalStorage, 'filesOf' | 'remove'>;
    readonly log: Logger;
    /** Called with the number of bytes of sector data sent. */
    readonly onSent: (bytes: number) => void;
  },
): void {
  const guarded =
    <Route extends FilesAsked>(
      work: (asked: Asked, request: FastifyRequest<Route>, reply: FastifyReply) => Promise<unknown>,
    ) =>
    async (request: FastifyRequest<Route>, reply: FastifyReply): Promise<unknown> => {
      if (!(await admit(request, 'admin')))
        return reply.code(401).send({ Error: 'unauthorized: missing admin permission' });
      const { type, sector } = request.params as FilesAsked['Params'];
      try {
        if (!isSectorFileType(type)) throw new Error(`'${type}' is not a sector file type`);
        return await work({ type, sector: parseSectorName(sector) }, request, reply);
      } catch (error) {
        log.warn({ type, sector, why: messageOf(error) }, 'a request for a sector file failed');
        return reply.code(500).send();
      }
    };

  async function fileOf({ sector, type }: Asked): Promise<string> {
    const file = (await storage.filesOf(sector, type))[0]?.file;
    if (file === undefined) throw new Error('it is not here');
    return file;
  }

  app.get(
    '/remote/manifest/:type/:sector',
    { exposeHeadRoute: false },
    guarded(async (asked, _, reply) => {
      const found = (await storage.filesOf(asked.sector, asked.type))[0];
      return found === undefined ? reply.code(404).send() : reply.send(await readManifest(found.file));
    }),
  );
  app.get(
    '/remote/:type/:sector',
    { exposeHeadRoute: false },
    guarded<FilesAsked & { Querystring: { file?: string } }>(async (asked, request, reply) => {
      const found = await fileOf(asked);
      const { file } = request.query;
      if (file !== undefined && file !== '') {
        if (file.includes('/') || file === '..') throw new Error(`'${file}' is not a file name`);
        return sendFile(join(found, file), request, reply, onSent);
      }
      if (!isDirectoryType(asked.type)) return sendFile(found, request, reply, onSent);
      if (request.headers.range !== undefined) throw new Error('a tar archive has no ranges');
      const archive = await packCache(found);
      return reply.type('application/x-tar').send(counted(archive, onSent));
    }),
  );
  app.delete(
    '/remote/:type/:sector',
    guarded<FilesAsked & { Querystring: { keep?: string } }>(async ({ sector, type }, request, reply) => {
      const keep = (request.query.keep ?? '').split('.').filter((id) => id !== '');
      // As in Lotus, deleting a copy that does not exist fails, and a copy in `keep` is not an error.
      if ((await storage.filesOf(sector, type)).length === 0) throw new Error('it is not here');
      await storage.remove(sector, type, keep);
      return reply.send();
    }),
  );
  app.get(
    '/remote/:type/:sector/:proof/allocated/:offset/:size',
    { exposeHeadRoute: false },
    guarded<{ Params: FilesAsked['Params'] & { proof: string; offset: string; size: string } }>(
      async (asked, { params }, reply) => {
        if (asked.type !== 'unsealed') throw new Error('only unsealed files have ranges');
        const name = sectorSizeOfProof(Number(params.proof));
        if (name === undefined) throw new Error(`unknown seal proof ${params.proof}`);
        const [offset, size] = [paddedBytes(params.offset), paddedBytes(params.size)];
        const found = (await storage.filesOf(asked.sector, asked.type))[0];
        const present =
          found !== undefined && (await isPresent(found.file, sectorSize(name).bytes, { offset, size }));
        return reply.code(present ? 200 : 416).send();
      },
    ),
  );
}

interface Asked {
  readonly type: SectorFileTypeName;
  readonly sector: SectorId;
}

function isDirectoryType(type: SectorFileTypeName): boolean {
  return sectorFileTypes.some((candidate) => candidate.name === type && candidate.directory);
}

function paddedBytes(unpadded: string): number {
  const bytes = Number(unpadded);
  if (!/^\d+$/.test(unpadded) || bytes % 127 !== 0)
    throw new Error(`'${unpadded}' is not a number of unpadded bytes`);
  return (bytes / 127) * 128;
}

async function sendFile(
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
  onSent: (bytes: number) => void,
): Promise<unknown> {
  const { size, mtime } = await stat(path);
  const range = byteRangeOf(request.headers.range, size);
  void reply
    .type('application/octet-stream')
    .headers({ 'accept-ranges': 'bytes', 'last-modified': mtime.toUTCString() });
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${size}`).send();
  const { first, length } = range ?? { first: 0, length: size };
  if (range !== undefined)
    void reply.code(206).header('content-range', `bytes ${first}-${first + length - 1}/${size}`);
  void reply.header('content-length', length);
  if (length === 0) return reply.send('');
  if (request.headers['want-content-digest'] !== undefined && length <= maxDigestedBytes) {
    const part = await readPart(path, first, length);
    const digest = createHash('sha256').update(part).digest('base64');
    onSent(part.length);
    return reply.header('content-digest', `sha-256=:${digest}:`).send(part);
  }
  const stream = createReadStream(path, { start: first, end: first + length - 1, highWaterMark: 2 ** 20 });
  return reply.send(counted(stream, onSent));
}

/** A stream that passes bytes on unchanged and reports their number. */
function counted(stream: Readable, onSent: (bytes: number) => void): Readable {
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onSent(chunk.length);
      done(null, chunk);
    },
  });
  // End and errors pass in both directions, so that the reader of the counter receives them.
  pipeline(stream, counter, () => undefined);
  return counter;
}

async function readPart(path: string, first: number, length: number): Promise<Buffer> {
  const part = Buffer.allocUnsafe(length);
  const file = await open(path, 'r');
  try {
    for (let done = 0; done < length;) {
      const { bytesRead } = await file.read(part, done, length - done, first + done);
      if (bytesRead === 0) throw new Error('the file was truncated while it was read');
      done += bytesRead;
    }
    return part;
  } finally {
    await file.close();
  }
}

/**
 * Parses a `Range` header with one range of bytes. Returns undefined for no header, several ranges or other units, which may be ignored
 * (RFC 9110).
 */
export function byteRangeOf(
  header: string | undefined,
  size: number,
): { readonly first: number; readonly length: number } | 'unsatisfiable' | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, length };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return undefined;
  return first >= size ? 'unsatisfiable' : { first, length: last - first + 1 };
}
