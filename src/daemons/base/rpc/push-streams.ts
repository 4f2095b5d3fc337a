import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { fail } from '@sealctl/core/problem/problem';
import { deferred, type Deferred } from '@sealctl/core/async/deferred';

/** Maximum time between a call and its stream. Source: docs/spec/lotus.md section 8.8. */
const pairingMs = 30_000;

/** A byte stream that a caller uploads for one parameter of its call. */
export interface PushedStream {
  /** Opens the caller's stream; rejects when the caller does not send one. A stream can be opened once. */
  readonly open: (signal: AbortSignal) => Promise<Readable>;
  /** Notifies the caller that the bytes are not needed, or no longer. */
  readonly close: () => void;
}

/** Pairs calls with the streams that belong to them, at `/rpc/streams/v0/push/UUID`. Source: docs/spec/lotus.md section 8.7. */
export interface PushStreams {
  readonly serve: (app: FastifyInstance) => void;
  /** The stream of this ID, whether it has arrived already or not. */
  readonly expect: (uuid: string) => PushedStream;
}

type Wish = 'read' | 'closed';

interface Pairing {
  /** Settles once the call has arrived and reads, or closes without reading. */
  readonly wish: Deferred<Wish>;
  readonly paired: Deferred;
  readonly bytes: Deferred<Readable>;
  readonly drained: Deferred;
}

export function makePushStreams(): PushStreams {
  const pairings = new Map<string, Pairing>();

  function pairing(uuid: string): Pairing {
    const known = pairings.get(uuid);
    if (known !== undefined) return known;
    const made: Pairing = {
      wish: deferred(),
      paired: deferred(),
      bytes: deferred(),
      drained: deferred(),
    };
    pairings.set(uuid, made);
    const timer = setTimeout(() => {
      made.paired.reject(new Error('no call arrived for this stream'));
      made.bytes.reject(new Error('no stream arrived for this call'));
      pairings.delete(uuid);
    }, pairingMs);
    timer.unref();
    // The pairing of a call that ended at once is kept for a stream that arrives later.
    void made.drained.promise.then(() => setTimeout(() => pairings.delete(uuid), pairingMs).unref());
    void made.paired.promise.then(
      () => clearTimeout(timer),
      () => undefined,
    );
    return made;
  }

  return {
    serve(app) {
      void app.register(async (scope) => {
        scope.removeAllContentTypeParsers();
        // The body stays a stream: a piece is far larger than memory.
        scope.addContentTypeParser('*', (_, body, done) => done(null, body));
        scope.head<{ Params: { uuid: string } }>('/rpc/streams/v0/push/:uuid', async (request, reply) => {
          const stream = pairing(request.params.uuid);
          try {
            await stream.paired.promise;
            return await reply.code((await stream.wish.promise) === 'read' ? 200 : 204).send();
          } catch {
            // The reader receives the error and reports it.
            return reply.code(500).send();
          }
        });
        scope.post<{ Params: { uuid: string } }>(
          '/rpc/streams/v0/push/:uuid',
          { bodyLimit: Number.MAX_SAFE_INTEGER },
          async (request, reply) => {
            const stream = pairing(request.params.uuid);
            const body = request.body instanceof Readable ? request.body : Readable.from([]);
            stream.bytes.resolve(body);
            try {
              await stream.paired.promise;
              await stream.drained.promise;
              return await reply.code(200).send();
            } catch {
              return reply.code(500).send();
            }
          },
        );
      });
    },
    expect(uuid) {
      const stream = pairing(uuid);
      stream.paired.resolve();
      return {
        async open(signal) {
          stream.wish.resolve('read');
          const limit = AbortSignal.any([signal, AbortSignal.timeout(pairingMs)]);
          const bytes = await Promise.race([
            stream.bytes.promise,
            new Promise<never>((_, reject) => {
              limit.addEventListener(
                'abort',
                () =>
                  reject(
                    fail({
                      code: 'piece-unreachable',
                      summary: 'timed out waiting for piece data',
                      fix: 'the caller must send the data within 30 seconds of the call',
                    }),
                  ),
                { once: true },
              );
            }),
          ]);
          bytes.once('close', stream.drained.resolve);
          return bytes;
        },
        close() {
          stream.wish.resolve('closed');
          stream.drained.resolve();
        },
      };
    },
  };
}
