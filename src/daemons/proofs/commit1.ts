import type { NativeSealStatement } from './native-addon.ts';
import { native } from './native.ts';
import { runNativeOperation, type OperationOptions } from './operation.ts';
import { replicaId, type SectorIdentity } from './sealing.ts';

/**
 * The statement of a proof of replication: which sector, sealed with which ticket to which commitments, challenged by which seed. A
 * verifier must know all of it from elsewhere, never from the proof.
 */
export type SealStatement = NativeSealStatement;

/** A sealed sector whose caches have not been trimmed; a synthetic one may have its file of synthetic proofs in place of the layers. */
export interface SealedSector {
  readonly cacheDir: string;
  readonly replicaPath: string;
}

/**
 * C1: opens the sector's challenges and returns the vanilla proof in the reference's binary form (docs/spec/sealing.md section 13.3),
 * verified in full before it is returned; `commit1Json` gives the JSON form. A sector that does not prove is the problem
 * `sealing-mismatch`. Progress stages `vanilla` and `verify`, in challenges.
 */
export function commit1(
  proof: number,
  statement: SealStatement,
  sector: SealedSector,
  options?: OperationOptions,
): Promise<Buffer> {
  return runNativeOperation((long) => native().commit1({ ...long, ...statement, ...sector, proof }), options);
}

/**
 * Verifies a vanilla proof in its binary form and takes nothing of it on trust: replica id, challenges, parents, labels, columns,
 * encoding, paths and commitments are all computed again (docs/spec/sealing.md section 13.2). Returning means that every byte of it holds;
 * the first thing that does not is the problem `sealing-mismatch`, `sealing-not-canonical` or `sealing-malformed`.
 */
export async function verifyCommit1(
  proof: number,
  statement: SealStatement,
  output: Uint8Array,
  options?: OperationOptions,
): Promise<void> {
  await runNativeOperation(
    (long) => native().verifyCommit1({ ...long, ...statement, proof, output }),
    options,
  );
}

/**
 * Proves and verifies all synthetic challenges of a sector ahead of its seed and writes their file into the cache (docs/spec/sealing.md
 * section 13.6), after which layers and trees C and D may go. Progress stage `synthetic`, in challenges.
 */
export async function writeSyntheticProofs(
  proof: number,
  statement: SectorIdentity & { readonly commD: Uint8Array; readonly commR: Uint8Array },
  sector: SealedSector,
  options?: OperationOptions,
): Promise<void> {
  const { commD, commR } = statement;
  await runNativeOperation(
    (long) =>
      native().writeSyntheticProofs({
        ...long,
        ...sector,
        proof,
        commD,
        commR,
        replicaId: replicaId(proof, statement),
      }),
    options,
  );
}
