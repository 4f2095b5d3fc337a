import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import type { ReaderDescriptor } from '../lotus/sealing-values.ts';

/** Pieces on their way into sectors: kept on the miner's disk until the sector is sealed, so that no restart loses them. */
export interface PieceSpool {
  /** Reads a piece of exactly so many bytes to its end and answers the name it is kept under; undefined bytes are an error. */
  readonly take: (reader: ReaderDescriptor, bytes: number, signal: AbortSignal) => Promise<string>;
  readonly drop: (name: string) => Promise<void>;
  /** Serves uploads (`/rpc/streams/v0/push/UUID`) and, to whoever knows a name, pieces (`/pieces/NAME`). */
  readonly serve: (app: FastifyInstance) => void;
}

const pairTimeoutMs = 30_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A spool in a directory; `newName` makes names that nobody can guess. */
export function makePieceSpool(directory: string, newName: () => string): PieceSpool {
  const uploads = new Map<string, { offer: (stream: Readable) => void; stream: Promise<Readable> }>();
  const upload = (id: string) => {
    const known = uploads.get(id);
    if (known !== undefined) return known;
    let offer: (stream: Readable) => void = () => undefined;
    const stream = new Promise<Readable>((resolve) => {
      offer = resolve;
    });
    const made = { offer, stream };
    uploads.set(id, made);
    return made;
  };
  const wanted = new Map<string, () => void>();

  async function open(reader: ReaderDescriptor, bytes: number, signal: AbortSignal): Promise<Readable> {
    switch (reader.Type) {
      case 'null':
        return zeros(bytes);
      case 'http': {
        const response = await fetch(reader.Info, { signal });
        if (!response.ok || response.body === null)
          throw new Error(`the piece cannot be read: HTTP ${response.status}`);
        return Readable.fromWeb(response.body);
      }
      case 'push': {
        wanted.get(reader.Info)?.();
        wanted.set(reader.Info, () => undefined);
        const late = new Promise<never>((_, reject) => {
          const timer = setTimeout(
            () => reject(new Error('the upload of the piece did not begin')),
            pairTimeoutMs,
          );
          timer.unref();
          signal.addEventListener('abort', () => reject(new Error('the caller hung up')), { once: true });
        });
        return Promise.race([upload(reader.Info).stream, late]);
      }
    }
  }

  return {
    async take(reader, bytes, signal) {
      const name = newName();
      await mkdir(directory, { recursive: true });
      const growing = join(directory, `${name}.part`);
      try {
        const source = await open(reader, bytes, signal);
        await pipeline(source, exactly(bytes), createWriteStream(growing, { mode: 0o600, flush: true }));
        await rename(growing, join(directory, name));
        return name;
      } catch (error) {
        await rm(growing, { force: true });
        throw error;
      } finally {
        uploads.delete(reader.Info);
        wanted.delete(reader.Info);
      }
    },
    drop: (name) => rm(join(directory, name), { force: true }),
    serve(app) {
      void app.register(async (scope) => {
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser('*', (_, payload, done) => done(null, payload));
        // The caller asks first; it may send once somebody reads.
        scope.head<{ Params: { id: string } }>(
          '/rpc/streams/v0/push/:id',
          async ({ params: { id } }, reply) => {
            if (!wanted.has(id))
              await new Promise<void>((resolve) => {
                wanted.set(id, resolve);
                setTimeout(resolve, pairTimeoutMs).unref();
              });
            return reply.code(wanted.has(id) ? 200 : 500).send();
          },
        );
        scope.post<{ Params: { id: string }; Body: Readable }>(
          '/rpc/streams/v0/push/:id',
          { bodyLimit: Number.MAX_SAFE_INTEGER },
          async ({ params: { id }, body }, reply) => {
            const ended = new Promise<void>((resolve) => {
              body.once('close', resolve);
              body.once('error', () => resolve());
            });
            upload(id).offer(body);
            await ended;
            return reply.send();
          },
        );
        scope.get<{ Params: { name: string } }>('/pieces/:name', async ({ params: { name } }, reply) => {
          if (!uuid.test(name)) return reply.code(404).send();
          const file = join(directory, name);
          const size = await stat(file).then(
            (found) => found.size,
            () => undefined,
          );
          if (size === undefined) return reply.code(404).send();
          return reply
            .type('application/octet-stream')
            .header('content-length', size)
            .send(createReadStream(file));
        });
      });
    },
  };
}

/** Passes exactly so many bytes, and fails on fewer or more. */
function exactly(bytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      seen += chunk.length;
      done(
        seen > bytes ? new Error(`the piece has more than the ${bytes} bytes that were promised`) : null,
        chunk,
      );
    },
    flush(done) {
      done(seen < bytes ? new Error(`the piece ended after ${seen} of ${bytes} bytes`) : null);
    },
  });
}

function zeros(bytes: number): Readable {
  const block = Buffer.alloc(2 ** 16);
  function* blocks(): Generator<Buffer> {
    for (let left = bytes; left > 0; left -= block.length)
      yield block.subarray(0, Math.min(left, block.length));
  }
  return Readable.from(blocks());
}
