import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

/** The end of a file in compressed pieces, made once however many hosts it goes to. */
export interface SharedGzip {
  /** The first piece and how long it took to make, in milliseconds: what compressing costs now. Undefined for an empty rest. */
  readonly trial: Promise<(GzipPiece & { readonly tookMs: number }) | undefined>;
  /**
   * All pieces in order, each as soon as it is made; together one gzip stream (RFC 1952 allows several members). Only the first is made
   * before somebody asks. Rejects when the file cannot be read.
   */
  readonly pieces: () => AsyncGenerator<GzipPiece>;
  /** Call it once per user; the last call drops the pieces. */
  readonly release: () => void;
}

export interface GzipPiece {
  readonly compressed: Buffer;
  /** Bytes of the file in it. */
  readonly plainBytes: number;
}

/** The thread pool compresses pieces in parallel. A piece of this size compresses as well alone as in one stream. */
const pieceBytes = 2 ** 20;
/** Pieces that are made at once. */
export const compressedAtOnce = 4;
/** Level 1 already halves what has to travel, at a speed that few networks outrun. */
const level = constants.Z_BEST_SPEED;

const compress = promisify<Buffer, { level: number }, Buffer>(gzip);
const inUse = new Map<string, { readonly file: Compressing; users: number }>();

/** The compressed form of a file from a place on, shared with all who use it at the moment. */
export function sharedGzip(path: string, fromByte: number): SharedGzip {
  const key = `${fromByte} ${path}`;
  const known = inUse.get(key);
  const shared = known ?? { file: compressing(path, fromByte), users: 0 };
  shared.users += 1;
  inUse.set(key, shared);
  return {
    trial: shared.file.trial,
    pieces: () => piecesOf(shared.file),
    release: () => {
      shared.users -= 1;
      if (shared.users > 0 || inUse.get(key) !== shared) return;
      inUse.delete(key);
      shared.file.stop();
    },
  };
}

interface Compressing {
  readonly trial: SharedGzip['trial'];
  /** The last is the one that is not yet known, until it turns out to be undefined: the end. */
  readonly pieces: readonly Promise<GzipPiece | undefined>[];
  /** Starts compression of the pieces after the first. */
  readonly goOn: () => void;
  readonly stop: () => void;
}

function compressing(path: string, fromByte: number): Compressing {
  const pieces: Promise<GzipPiece | undefined>[] = [];
  let settleLast: (piece: GzipPiece | undefined | PromiseLike<GzipPiece>) => void;
  let failLast: (reason: unknown) => void;
  let goOn: (wanted: boolean) => void = () => undefined;
  const wanted = new Promise<boolean>((resolve) => {
    goOn = resolve;
  });
  const expectAnother = () => {
    const piece = new Promise<GzipPiece | undefined>((resolve, reject) => {
      settleLast = resolve;
      failLast = reject;
    });
    // Readers of the pieces get the error; without a reader it must not end this process.
    piece.catch(() => undefined);
    pieces.push(piece);
  };
  const add = (plain: Buffer) => {
    settleLast(compress(plain, { level }).then((compressed) => ({ compressed, plainBytes: plain.length })));
    expectAnother();
  };
  expectAnother();
  const began = performance.now();
  readPieces(path, fromByte, async (plain) => {
    add(plain);
    if (!(await wanted)) return false;
    await pieces.at(-compressedAtOnce);
    return true;
  }).then(
    () => settleLast(undefined),
    (thrown: unknown) => failLast(thrown),
  );
  const trial = pieces[0]?.then((piece) => piece && { ...piece, tookMs: performance.now() - began });
  trial?.catch(() => undefined);
  return {
    trial: trial ?? Promise.resolve(undefined),
    pieces,
    goOn: () => goOn(true),
    stop: () => goOn(false),
  };
}

/** Hands a file over in pieces for as long as they are taken. */
async function readPieces(
  path: string,
  fromByte: number,
  take: (plain: Buffer) => Promise<boolean>,
): Promise<void> {
  const file = await open(path);
  try {
    for (let at = fromByte; ;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      if (!(await take(buffer.subarray(0, bytesRead)))) return;
    }
  } finally {
    await file.close();
  }
}

async function* piecesOf({ pieces, goOn }: Compressing): AsyncGenerator<GzipPiece> {
  goOn();
  for (let index = 0; ; index++) {
    const piece = await pieces[index];
    if (piece === undefined) return;
    yield piece;
  }
}
