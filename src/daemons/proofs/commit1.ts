import type { NativeSealStatement } from './native-addon.ts';
import { native } from './native.ts';
import { runNativeOperation, type OperationOptions } from './operation.ts';
import { replicaId, type SectorIdentity } from './sealing.ts';

/**
 * The statement of a proof of replication: the sector, its ticket and commitments, and the seed of its challenges. A verifier must obtain
 * it from another source than the proof.
 */
export type SealStatement = NativeSealStatement;

/** A sealed sector whose caches have not been trimmed. A synthetic sector may have its file of synthetic proofs instead of the layers. */
export interface SealedSector {
  readonly cacheDir: string;
  readonly replicaPath: string;
}

/**
 * C1: opens the sector's challenges and returns the vanilla proof in the reference's binary form (docs/spec/sealing.md section 13.3). The
 * proof is fully verified before it is returned. `commit1Json` converts it to JSON. Rejects with `sealing-mismatch` for a sector whose
 * proof is invalid. Progress stages `vanilla` and `verify`, in challenges.
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
 * Verifies every byte of a vanilla proof in its binary form. Recomputes replica ID, challenges, parents, labels, columns, encoding, paths
 * and commitments (docs/spec/sealing.md section 13.2). Rejects on the first error with `sealing-mismatch`, `sealing-not-canonical` or
 * `sealing-malformed`.
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
 * Proves and verifies all synthetic challenges of a sector before its seed is known, and writes the proofs to a file in the cache
 * (docs/spec/sealing.md section 13.6). Layers and trees C and D may be deleted afterwards. Progress stage `synthetic`, in challenges.
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
