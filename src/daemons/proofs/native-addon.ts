/**
 * The exports of native/binding. Callers use the functions of this folder, which validate, name and document them.
 * Hashes, tickets and commitments are 32 bytes in file order. A wrong argument throws a TypeError that names it.
 */
export interface NativeAddon {
  cpuFeatures(): string[];
  fr32Pad(options: { unpadded: Uint8Array }): Buffer;
  fr32Unpad(options: { padded: Uint8Array; offset: number; bytes: number }): Buffer;
  zeroCommitment(options: { level: number }): Buffer;
  commDOfPieces(options: { sectorBytes: number; pieces: readonly NativePiece[] }): Buffer;
  pieceFill(options: { writtenBytes: number; pieceBytes: number }): { before: number; after: number };
  replicaId(options: {
    proof: number;
    actorId: number | bigint;
    sectorNumber: number | bigint;
    ticket: Uint8Array;
    commD: Uint8Array;
  }): Buffer;
  poseidonHash(options: { inputs: readonly Uint8Array[] }): Buffer;
  graphParents(options: { proof: number; node: number }): number[];
  parentCacheFileName(options: { proof: number }): string;
  cacheFileSizes(options: { proof: number }): NativeCacheFileSizes;
  readonly PieceHasher: new () => NativePieceHasher;

  commitToFile(
    options: LongOptions & { path: string; offset: number; payloadBytes: number; paddedBytes?: number },
  ): NativeOperation<NativePiece>;
  stagePiece(
    options: LongOptions & {
      payloadPath: string;
      payloadBytes: number;
      stagedPath: string;
      stagedOffset: number;
      paddedBytes: number;
      replace?: boolean;
    },
  ): NativeOperation<Buffer>;
  precommit1(
    options: LongOptions & {
      proof: number;
      sectors: readonly NativePrecommit1Sector[];
      parentCacheDir: string;
      labelThreads?: LabelThreads;
    },
  ): NativeOperation<NativePrecommit1Result[]>;
  precommit2(
    options: LongOptions & { proof: number; cacheDir: string; sealedPath: string },
  ): NativeOperation<NativePrecommit2Result>;
  unseal(
    options: LongOptions & {
      proof: number;
      sealedPath: string;
      outputPath: string;
      scratchDir: string;
      lastLayerPath?: string;
      actorId: number | bigint;
      sectorNumber: number | bigint;
      ticket: Uint8Array;
      commD: Uint8Array;
      offset: number;
      bytes: number;
      parentCacheDir: string;
      labelThreads?: LabelThreads;
    },
  ): NativeOperation<undefined>;
  parentCache(options: LongOptions & { proof: number; directory: string }): NativeOperation<string>;

  commit1(
    options: LongOptions & NativeSealStatement & { proof: number; cacheDir: string; replicaPath: string },
  ): NativeOperation<Buffer>;
  verifyCommit1(
    options: LongOptions & NativeSealStatement & { proof: number; output: Uint8Array },
  ): NativeOperation<undefined>;
  writeSyntheticProofs(
    options: LongOptions & {
      proof: number;
      cacheDir: string;
      replicaPath: string;
      replicaId: Uint8Array;
      commD: Uint8Array;
      commR: Uint8Array;
    },
  ): NativeOperation<undefined>;

  encodeUpdate(
    options: LongOptions & {
      sectorBytes: number;
      keyPath: string;
      keyCacheDir: string;
      dataPath: string;
      replicaPath: string;
      updateCacheDir: string;
      expectedCommD?: Uint8Array;
    },
  ): NativeOperation<NativeUpdateResult>;
  decodeUpdate(
    options: LongOptions & {
      sectorBytes: number;
      replicaPath: string;
      keyPath: string;
      outputPath: string;
      commDNew: Uint8Array;
      commROld: Uint8Array;
      offset: number;
      bytes: number;
    },
  ): NativeOperation<undefined>;
  removeUpdate(
    options: LongOptions & {
      sectorBytes: number;
      replicaPath: string;
      dataPath: string;
      keyPath: string;
      keyCacheDir: string;
      commDNew: Uint8Array;
      commC: Uint8Array;
      commROld: Uint8Array;
    },
  ): NativeOperation<undefined>;
  proveUpdate(
    options: LongOptions &
      NativeUpdateStatement & {
        sectorBytes: number;
        keyPath: string;
        keyCacheDir: string;
        replicaPath: string;
        updateCacheDir: string;
      },
  ): NativeOperation<Buffer[]>;
  verifyUpdate(
    options: LongOptions &
      NativeUpdateStatement & {
        sectorBytes: number;
        partitions: readonly { proof: Uint8Array }[];
      },
  ): NativeOperation<undefined>;
}

export interface NativeSealStatement {
  readonly actorId: number | bigint;
  readonly sectorNumber: number | bigint;
  readonly ticket: Uint8Array;
  readonly seed: Uint8Array;
  readonly commD: Uint8Array;
  readonly commR: Uint8Array;
}

export interface NativeUpdateStatement {
  readonly commROld: Uint8Array;
  readonly commRNew: Uint8Array;
  readonly commDNew: Uint8Array;
}

export interface NativeUpdateResult {
  readonly commRNew: Buffer;
  readonly commDNew: Buffer;
  readonly commRLastNew: Buffer;
}

/**
 * Threads of a kernel: their number, and the CPUs to which they are assigned in turn. Without a list the kernel of the system places them.
 */
export interface Threads {
  readonly count: number;
  readonly cpus?: readonly number[];
}

/**
 * Threads of labeling. With `producers` 0 one thread does everything; otherwise that many threads fetch parents for the hashing thread.
 * They should share a core complex with it.
 */
export interface LabelThreads {
  readonly consumerCpu?: number;
  readonly producers: number;
  readonly producerCpus?: readonly number[];
}

export interface LongOptions {
  readonly threads: Threads;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** A running long call. After `cancel` the promise rejects with `code` "cancelled", unless the call has already ended. */
export interface NativeOperation<Result> {
  readonly promise: Promise<Result>;
  readonly cancel: () => void;
}

/** A kernel's error: a code from native/kernels/failure.h, and the file and byte offset where they are known. */
export interface NativeError extends Error {
  readonly code: string;
  readonly file?: string;
  readonly offset?: number;
}

export interface NativePiece {
  readonly paddedBytes: number;
  readonly commitment: Uint8Array;
}

/** Sizes in bytes. The size of a tree R file depends on the number of discarded rows. */
export interface NativeCacheFileSizes {
  readonly treeR: readonly number[];
  readonly syntheticProofs: number;
}

export interface NativePieceHasher {
  update(payload: Uint8Array): void;
  finish(options: { paddedBytes?: number }): NativePiece;
}

export interface NativePrecommit1Sector {
  readonly stagedPath?: string;
  readonly sealedPath: string;
  readonly cacheDir: string;
  readonly actorId: number | bigint;
  readonly sectorNumber: number | bigint;
  readonly ticket: Uint8Array;
  readonly expectedCommD?: Uint8Array;
}

export interface NativePrecommit1Result {
  readonly commD: Buffer;
  readonly replicaId: Buffer;
  readonly layersKept: number;
}

export interface NativePrecommit2Result {
  readonly commR: Buffer;
  readonly commD: Buffer;
  readonly commC: Buffer;
  readonly commRLast: Buffer;
}
