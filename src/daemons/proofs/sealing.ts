import type {
  LabelThreads,
  NativeCacheFileSizes,
  NativePrecommit1Result,
  NativePrecommit2Result,
} from './native-addon.ts';
import { native } from './native.ts';
import { callKernel, runNativeOperation, type OperationOptions } from './operation.ts';

/** The inputs that make a replica unique. `ticket` is 32 bytes, used unchanged. */
export interface SectorIdentity {
  /** The payload of the miner's ID address: 1000 for t01000. */
  readonly actorId: number | bigint;
  readonly sectorNumber: number | bigint;
  readonly ticket: Uint8Array;
}

/** One sector for phase 1. */
export interface Precommit1Sector extends SectorIdentity {
  /** File of fr32-padded data, at most the sector's size; absent for a sector of zeros. */
  readonly stagedPath?: string;
  /** Output: a copy of the data, extended with zeros to the sector's size. */
  readonly sealedPath: string;
  readonly cacheDir: string;
  /** CommD of the piece list; data with another CommD rejects with `sealing-mismatch`. */
  readonly expectedCommD?: Uint8Array;
}

export interface LabelOptions extends OperationOptions {
  /** Directory with the parent cache of each graph, 56 bytes per node, which all sectors and other software share. */
  readonly parentCacheDir: string;
  readonly labelThreads?: LabelThreads;
}

/**
 * Sealing phase 1: computes tree D, the replica ID and all layers. Complete layers of an earlier run are sampled, checked and kept; a layer
 * gets its name only when it is complete. Memory for two layers of each sector makes it fast; a few MiB suffice. Progress stages: `copy` in
 * bytes, `tree-d`, `parents` and `layer-N` in nodes. Source: docs/spec/sealing.md section 10.1.
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

/** Phase 1 of one to four sectors of one graph at once: they share one parent fetch, and their hashing is interleaved. */
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
 * Sealing phase 2, from the layers and tree D of phase 1: writes the replica, trees C and R, t_aux and finally p_aux. Reads the data from
 * tree D, so an interrupted run can be repeated. Uses a few MiB for each thread. Progress stages `tree-c` and `tree-r`, in nodes. Source:
 * docs/spec/sealing.md section 10.2.
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
  /** Output file with the unpadded bytes of the range; it is created only when they are complete. */
  readonly outputPath: string;
  /** Directory for two layers while all layers are recomputed. */
  readonly scratchDir: string;
  /** The last layer, if available; then no layer is recomputed. */
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
 * Writes a payload as a piece into the staged file of a sector and returns its commitment. `stagedOffset` is in padded bytes, a multiple of
 * `paddedBytes`. Rejects with `sealing-invalid-argument` for a payload in the staged file itself. Progress stage `piece`, in nodes.
 */
export function stagePiece(
  piece: {
    readonly payloadPath: string;
    readonly payloadBytes: number;
    readonly stagedPath: string;
    readonly stagedOffset: number;
    readonly paddedBytes: number;
    /** Whether a new file with only this piece replaces an existing staged file once it is complete. */
    readonly replace?: boolean;
  },
  options?: OperationOptions,
): Promise<Buffer> {
  return runNativeOperation((long) => native().stagePiece({ ...long, ...piece }), options);
}

/**
 * Creates the parent cache of a proof's graph in `directory` unless it exists, and returns its path. Progress stage `parents`, in nodes.
 */
export function prepareParentCache(
  proof: number,
  directory: string,
  options?: OperationOptions,
): Promise<string> {
  return runNativeOperation((long) => native().parentCache({ ...long, proof, directory }), options);
}

/**
 * Returns the reference's directory of parent caches, from its environment variables. `FIL_PROOFS_CACHE_DIR` is a prefix: no slash is
 * appended. Source: docs/spec/sealing.md section 5.4.
 */
export function parentCacheDirOf(env: Readonly<Record<string, string | undefined>>): string {
  return env['FIL_PROOFS_PARENT_CACHE'] || `${env['FIL_PROOFS_CACHE_DIR'] || '/var/tmp/'}filecoin-parents`;
}

/** The reference's file name for the parent cache of a proof's graph. Source: docs/spec/sealing.md section 5.4. */
export function parentCacheFileName(proof: number): string {
  return callKernel(() => native().parentCacheFileName({ proof }));
}

/** The sizes of complete cache files that proofs of spacetime need. Source: docs/spec/sealing.md section 10. */
export function cacheFileSizes(proof: number): NativeCacheFileSizes {
  return callKernel(() => native().cacheFileSizes({ proof }));
}

/** Replica id of a sector. Source: docs/spec/sealing.md section 4.5. */
export function replicaId(proof: number, sector: SectorIdentity & { readonly commD: Uint8Array }): Buffer {
  const { actorId, sectorNumber, ticket, commD } = sector;
  return callKernel(() => native().replicaId({ proof, actorId, sectorNumber, ticket, commD }));
}

/** Instruction set extensions that the kernels use on this machine: `sha-ni`, `avx2`, `avx512-ifma`. */
export function cpuFeatures(): readonly string[] {
  return native().cpuFeatures();
}
