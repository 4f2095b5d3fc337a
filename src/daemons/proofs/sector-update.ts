import type { NativeUpdateResult, NativeUpdateStatement } from './native-addon.ts';
import { native } from './native.ts';
import { runNativeOperation, type OperationOptions } from './operation.ts';

/** The statement of an update's proof: three commitments. */
export type UpdateStatement = NativeUpdateStatement;

/** A sealed sector before its update, with p_aux, tree R and, if it has one, t_aux. */
export interface SectorKey {
  readonly keyPath: string;
  readonly keyCacheDir: string;
}

/** An updated sector. Proving requires tree D in its cache. */
export interface UpdatedSector {
  readonly replicaPath: string;
  readonly updateCacheDir: string;
}

/**
 * Encodes new data into a sector (docs/spec/sealing.md section 14.3). Writes the replica, and into the update cache tree D, tree R, t_aux
 * and finally p_aux. `dataPath` is a file of fr32-padded data of at least the sector's size. Rejects with `sealing-mismatch` for data whose
 * CommD is not `expectedCommD`. Progress stages `tree-d` and `tree-r`, in nodes.
 */
export function encodeUpdate(
  sectorBytes: number,
  request: SectorKey & UpdatedSector & { readonly dataPath: string; readonly expectedCommD?: Uint8Array },
  options?: OperationOptions,
): Promise<NativeUpdateResult> {
  return runNativeOperation((long) => native().encodeUpdate({ ...long, ...request, sectorBytes }), options);
}

/** The input of decoding an update. `commROld` is CommR of the sector key, not of the updated replica. */
export interface UpdateDecodeRequest {
  readonly replicaPath: string;
  readonly keyPath: string;
  /** Output file with the unpadded bytes of the range; it is created only when they are complete. */
  readonly outputPath: string;
  readonly commDNew: Uint8Array;
  readonly commROld: Uint8Array;
  /** The range, in unpadded bytes of the sector. */
  readonly offset: number;
  readonly bytes: number;
}

/** Decodes a range of data from an updated sector. Progress stage `decode`, in nodes. */
export async function decodeUpdate(
  sectorBytes: number,
  request: UpdateDecodeRequest,
  options?: OperationOptions,
): Promise<void> {
  await runNativeOperation((long) => native().decodeUpdate({ ...long, ...request, sectorBytes }), options);
}

/** The input of regenerating a sector key. Key and update share `commC`; `commROld` is the expected CommR of the key. */
export interface RemoveUpdateRequest extends SectorKey {
  readonly replicaPath: string;
  /** File of the fr32-padded data that the sector was updated with. */
  readonly dataPath: string;
  readonly commDNew: Uint8Array;
  readonly commC: Uint8Array;
  readonly commROld: Uint8Array;
}

/**
 * Regenerates the sector key from an updated replica and its data: the key, and tree R, t_aux and p_aux in its cache. Rejects with
 * `sealing-mismatch` and deletes the files if CommR of the key is not `commROld`. Progress stage `tree-r`, in nodes.
 */
export async function regenerateSectorKey(
  sectorBytes: number,
  request: RemoveUpdateRequest,
  options?: OperationOptions,
): Promise<void> {
  await runNativeOperation((long) => native().removeUpdate({ ...long, ...request, sectorBytes }), options);
}

/**
 * PR1: computes the vanilla proofs of an update, one for each partition, in the reference's binary form (docs/spec/sealing.md section
 * 14.5). The proofs are fully verified before they are returned. Progress stages `vanilla` and `verify`, in challenges.
 */
export function proveUpdate(
  sectorBytes: number,
  statement: UpdateStatement,
  sector: SectorKey & UpdatedSector,
  options?: OperationOptions,
): Promise<Buffer[]> {
  return runNativeOperation(
    (long) => native().proveUpdate({ ...long, ...statement, ...sector, sectorBytes }),
    options,
  );
}

/**
 * Verifies every byte of the vanilla proofs of an update. Rejects on the first error with `sealing-mismatch`, `sealing-not-canonical` or
 * `sealing-malformed`.
 */
export async function verifyUpdate(
  sectorBytes: number,
  statement: UpdateStatement,
  proofs: readonly Uint8Array[],
  options?: OperationOptions,
): Promise<void> {
  const partitions = proofs.map((proof) => ({ proof }));
  await runNativeOperation(
    (long) => native().verifyUpdate({ ...long, ...statement, sectorBytes, partitions }),
    options,
  );
}

/** Number of Groth16 proofs in the proof of an update (docs/spec/sealing.md section 14.1). */
export function updatePartitions(sectorBytes: number): number {
  const nodes = sectorBytes / 32;
  if (nodes <= 2 ** 8) return 1;
  if (nodes <= 2 ** 10) return 2;
  return nodes <= 2 ** 19 ? 4 : 16;
}
