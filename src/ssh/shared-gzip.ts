import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

/** A file in compressed pieces, made once however many hosts it goes to. */
export interface SharedGzip {
  /**
   * All pieces in order, each as soon as it is made; together one gzip stream (RFC 1952 allows several members). Rejects when the file
   * cannot be read.
   */
  readonly pieces: () => AsyncGenerator<GzipPiece>;
  /** SHA-256 of the file, lower-case hex, once it has been read to its end. */
  readonly sha256: Promise<string>;
  /** To be called once by everyone who got it; the pieces are forgotten with the last. */
  readonly release: () => void;
}

export interface GzipPiece {
  readonly compressed: Buffer;
  /** Bytes of the file in it. */
  readonly plainBytes: number;
}

/** Pieces are compressed by the thread pool side by side; so large a piece loses nothing by being a member of its own. */
const pieceBytes = 2 ** 20;
const compressedAtOnce = 4;
/** Level 1 already halves what has to travel, at a speed that few networks outrun. */
const level = constants.Z_BEST_SPEED;

const compress = promisify<Buffer, { level: number }, Buffer>(gzip);
const inUse = new Map<string, { readonly file: Compressing; users: number }>();

/** The compressed form of a file, shared with all who use it at the moment. */
export function sharedGzip(path: string): SharedGzip {
  const known = inUse.get(path);
  const shared = known ?? { file: compressing(path), users: 0 };
  shared.users += 1;
  inUse.set(path, shared);
  return {
    pieces: () => piecesOf(shared.file),
    sha256: shared.file.sha256,
    release: () => {
      shared.users -= 1;
      if (shared.users === 0 && inUse.get(path) === shared) inUse.delete(path);
    },
  };
}

interface Compressing {
  /** The last is the one that is not yet known, until it turns out to be undefined: the end. */
  readonly pieces: readonly Promise<GzipPiece | undefined>[];
  readonly sha256: Promise<string>;
}

function compressing(path: string): Compressing {
  const pieces: Promise<GzipPiece | undefined>[] = [];
  let settleLast: (piece: GzipPiece | undefined | PromiseLike<GzipPiece>) => void;
  let failLast: (reason: unknown) => void;
  const expectAnother = () => {
    const piece = new Promise<GzipPiece | undefined>((resolve, reject) => {
      settleLast = resolve;
      failLast = reject;
    });
    // Whoever reads the pieces meets the error; that nobody does is no reason to end this process.
    piece.catch(() => undefined);
    pieces.push(piece);
  };
  const add = (plain: Buffer) => {
    settleLast(compress(plain, { level }).then((compressed) => ({ compressed, plainBytes: plain.length })));
    expectAnother();
  };
  expectAnother();
  const sha256 = readPieces(path, async (plain) => {
    add(plain);
    await pieces.at(-compressedAtOnce);
  });
  sha256.then(
    () => settleLast(undefined),
    (thrown: unknown) => failLast(thrown),
  );
  return { pieces, sha256 };
}

/** Hands a file over in pieces, an empty one as one empty piece, and gives its digest. */
async function readPieces(path: string, take: (plain: Buffer) => Promise<void>): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    for (let first = true; ; first = false) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes);
      if (bytesRead === 0 && !first) return hash.digest('hex');
      const plain = buffer.subarray(0, bytesRead);
      hash.update(plain);
      await take(plain);
    }
  } finally {
    await file.close();
  }
}

async function* piecesOf({ pieces }: Compressing): AsyncGenerator<GzipPiece> {
  for (let index = 0; ; index++) {
    const piece = await pieces[index];
    if (piece === undefined) return;
    yield piece;
  }
}
