import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import { makePushStreams, type PushedStream } from '../base/rpc/push-streams.ts';
import type { ReaderDescriptor } from '@sealctl/core/lotus/sealing-values';

/** Pieces to be sealed. They stay on the miner's disk until their sector is sealed, so that a restart does not lose them. */
export interface PieceSpool {
  /** Reads a piece of exactly `bytes` bytes and resolves with its name in the spool; rejects when the length differs. */
  readonly take: (reader: ReaderDescriptor, bytes: number, signal: AbortSignal) => Promise<string>;
  /** Deletes incomplete pieces and pieces that no sector uses. Call it before the first `take`. */
  readonly tidy: (used: ReadonlySet<string>) => Promise<void>;
  readonly drop: (name: string) => Promise<void>;
  /** Serves uploads (`/rpc/streams/v0/push/UUID`) and pieces (`/pieces/NAME`). A client must know a piece's name. */
  readonly serve: (app: FastifyInstance) => void;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A spool in a directory; `newName` makes names that cannot be guessed. */
export function makePieceSpool(directory: string, newName: () => string): PieceSpool {
  const pushes = makePushStreams();

  async function open(
    reader: ReaderDescriptor,
    pushed: PushedStream | undefined,
    bytes: number,
    signal: AbortSignal,
  ): Promise<Readable> {
    if (pushed !== undefined) return pushed.open(signal);
    if (reader.Type === 'null') return zeros(bytes);
    const response = await fetch(reader.Info, { signal });
    if (!response.ok || response.body === null)
      throw new Error(`the piece cannot be read: HTTP ${response.status}`);
    return Readable.fromWeb(response.body);
  }

  return {
    async take(reader, bytes, signal) {
      const name = newName();
      const pushed = reader.Type === 'push' ? pushes.expect(reader.Info) : undefined;
      await mkdir(directory, { recursive: true });
      const growing = join(directory, `${name}.part`);
      try {
        const content = await open(reader, pushed, bytes, signal);
        await pipeline(content, exactly(bytes), createWriteStream(growing, { mode: 0o600, flush: true }));
        await rename(growing, join(directory, name));
        return name;
      } catch (error) {
        await rm(growing, { force: true });
        throw error;
      } finally {
        pushed?.close();
      }
    },
    async tidy(used) {
      await mkdir(directory, { recursive: true });
      for (const entry of await readdir(directory)) {
        const name = entry.replace(/\.part$/, '');
        if (uuid.test(name) && (name !== entry || !used.has(name)))
          await rm(join(directory, entry), { force: true });
      }
    },
    drop: (name) => rm(join(directory, name), { force: true }),
    serve(app) {
      pushes.serve(app);
      app.get<{ Params: { name: string } }>('/pieces/:name', async ({ params: { name } }, reply) => {
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
    },
  };
}

/** A stream that passes exactly `bytes` bytes and fails on fewer or more. */
function exactly(bytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      seen += chunk.length;
      done(seen > bytes ? new Error(`the piece has more than the announced ${bytes} bytes`) : null, chunk);
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
