import type {
  LabelThreads,
  NativeCacheFileSizes,
  NativePrecommit1Result,
  NativePrecommit2Result,
} from './native-addon.ts';
import { native } from './native.ts';
import { callKernel, runNativeOperation, type OperationOptions } from './operation.ts';

/** Which sector, and what its replica is made unique with. `ticket` is 32 bytes, used as it is. */
export interface SectorIdentity {
  /** The payload of the miner's ID address: 1000 for t01000. */
  readonly actorId: number | bigint;
  readonly sectorNumber: number | bigint;
  readonly ticket: Uint8Array;
}

/** One sector for phase 1. */
export interface Precommit1Sector extends SectorIdentity {
  /** fr32-padded data, at most the sector's size; absent for a sector of zeros. */
  readonly stagedPath?: string;
  /** Becomes a copy of the data, extended with zeros to the sector's size. */
  readonly sealedPath: string;
  readonly cacheDir: string;
  /** CommD of the piece list; data with another CommD is the problem `sealing-mismatch`. */
  readonly expectedCommD?: Uint8Array;
}

export interface LabelOptions extends OperationOptions {
  /** Holds the parent cache of each graph, 56 bytes a node, shared by all sectors and by other software. */
  readonly parentCacheDir: string;
  readonly labelThreads?: LabelThreads;
}

/**
 * Sealing phase 1: tree D, replica id and all layers. Complete layers of an earlier run are checked by samples and kept; a layer has its
 * name only when it is complete. Needs memory for two layers of each sector to be fast, and none beyond a few MiB to be right.
 * Progress stages: `copy` in bytes, `tree-d`, `parents` and `layer-N` in nodes. Source: docs/spec/sealing.md section 10.1.
 */
export async function precommit1(
  proof: number,
  sector: Precommit1Sector,
  options: LabelOptions,
): Promise<NativePrecommit1Result> {
  const [result] = await precommit1SideBySide(proof, [sector], options);
  if (result === undefined) throw new Error('phase 1 of one sector has one result');
  return result;
}

/** Phase 1 of one to four sectors of one graph side by side: one parent fetch and interleaved hashing serve them all. */
export function precommit1SideBySide(
  proof: number,
  sectors: readonly Precommit1Sector[],
  options: LabelOptions,
): Promise<NativePrecommit1Result[]> {
  const { parentCacheDir, labelThreads } = options;
  return runNativeOperation(
    (long) =>
      native().precommit1({
        ...long,
        proof,
        sectors,
        parentCacheDir,
        ...(labelThreads === undefined ? {} : { labelThreads }),
      }),
    options,
  );
}

/**
 * Sealing phase 2 from the layers and tree D of phase 1: writes the replica, trees C and R, t_aux and, last of all, p_aux. The data is
 * read from tree D, so an interrupted run can be repeated. Holds a few MiB for each thread. Progress stages `tree-c` and `tree-r`, in
 * nodes. Source: docs/spec/sealing.md section 10.2.
 */
export function precommit2(
  proof: number,
  sector: { readonly cacheDir: string; readonly sealedPath: string },
  options?: OperationOptions,
): Promise<NativePrecommit2Result> {
  return runNativeOperation((long) => native().precommit2({ ...long, proof, ...sector }), options);
}

export interface UnsealRequest extends SectorIdentity {
  readonly sealedPath: string;
  /** Receives the unpadded bytes of the range; exists only when they are complete. */
  readonly outputPath: string;
  /** Two layers lie here while all are computed again. */
  readonly scratchDir: string;
  /** The last layer where it is at hand, so that nothing needs computing again. */
  readonly lastLayerPath?: string;
  readonly commD: Uint8Array;
  /** The range, in unpadded bytes of the sector. */
  readonly offset: number;
  readonly bytes: number;
}

/** Unseals a range of a sector. Progress stages `parents`, `layer-N` and `decode`, in nodes. Source: docs/spec/sealing.md section 11. */
export async function unseal(proof: number, request: UnsealRequest, options: LabelOptions): Promise<void> {
  const { parentCacheDir, labelThreads } = options;
  await runNativeOperation(
    (long) =>
      native().unseal({
        ...request,
        ...long,
        proof,
        parentCacheDir,
        ...(labelThreads === undefined ? {} : { labelThreads }),
      }),
    options,
  );
}

/**
 * Writes a payload as a piece into the staged file of a sector and returns its commitment. `stagedOffset` is in padded bytes, a multiple
 * of `paddedBytes`. A payload that lies in the staged file itself is the problem `sealing-invalid-argument`. Progress stage `piece`, in nodes.
 */
export function stagePiece(
  piece: {
    readonly payloadPath: string;
    readonly payloadBytes: number;
    readonly stagedPath: string;
    readonly stagedOffset: number;
    readonly paddedBytes: number;
    /** Whether a new file with this piece alone takes the place of one that is there, once it is complete. */
    readonly replace?: boolean;
  },
  options?: OperationOptions,
): Promise<Buffer> {
  return runNativeOperation((long) => native().stagePiece({ ...long, ...piece }), options);
}

/** Makes sure that the parent cache of a proof's graph lies in `directory`, and returns its path. Stage `parents`, in nodes. */
export function prepareParentCache(
  proof: number,
  directory: string,
  options?: OperationOptions,
): Promise<string> {
  return runNativeOperation((long) => native().parentCache({ ...long, proof, directory }), options);
}

/**
 * The directory in which the reference keeps the parent caches, from its variables. `FIL_PROOFS_CACHE_DIR` is a prefix: no slash is put
 * behind it. Source: docs/spec/sealing.md section 5.4.
 */
export function parentCacheDirOf(env: Readonly<Record<string, string | undefined>>): string {
  return env['FIL_PROOFS_PARENT_CACHE'] || `${env['FIL_PROOFS_CACHE_DIR'] || '/var/tmp/'}filecoin-parents`;
}

/** The file name under which the reference keeps the parents of a proof's graph. Source: docs/spec/sealing.md section 5.4. */
export function parentCacheFileName(proof: number): string {
  return callKernel(() => native().parentCacheFileName({ proof }));
}

/**
 * The sizes that complete files of a sector's cache have, of those that proofs need for longest. Source: docs/spec/sealing.md section 10.
 */
export function cacheFileSizes(proof: number): NativeCacheFileSizes {
  return callKernel(() => native().cacheFileSizes({ proof }));
}

/** Replica id of a sector. Source: docs/spec/sealing.md section 4.5. */
export function replicaId(proof: number, sector: SectorIdentity & { readonly commD: Uint8Array }): Buffer {
  const { actorId, sectorNumber, ticket, commD } = sector;
  return callKernel(() => native().replicaId({ proof, actorId, sectorNumber, ticket, commD }));
}

/** Instruction sets that the kernels use on this machine: `sha-ni`, `avx2`, `avx512-ifma`. */
export function cpuFeatures(): readonly string[] {
  return native().cpuFeatures();
}
