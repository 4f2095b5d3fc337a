import { rm, stat } from 'node:fs/promises';
import { ProblemError, type Problem } from '@sealctl/core/problem/problem';
import { cacheFiles } from './cache-files.ts';
import type { RegisteredSealProof } from './registered-proof.ts';
import { cacheFileSizes } from './sealing.ts';

/** The files of a sector to delete. */
export interface FinalizeRequest {
  readonly proof: RegisteredSealProof;
  /** The cache of a sealed sector, or of an updated one. */
  readonly cacheDir: string;
  /** The replica of the cache; it must be complete before anything is deleted. */
  readonly replicaPath: string;
  /** `layers` keeps the synthetic proofs, with which a synthetic sector is proven after its layers are deleted; `all` deletes them, too. */
  readonly trim: 'layers' | 'all';
}

/** The result of trimming a cache. */
export interface Finalized {
  readonly removed: readonly string[];
  readonly freedBytes: number;
}

/**
 * Trims a cache to the files that proofs of spacetime need, as the reference's `clear_cache` does (docs/spec/sealing.md section 10): it
 * keeps p_aux, t_aux and tree R, and deletes layers, tree C and tree D. Deletes nothing unless the kept files are complete: a problem
 * `incomplete-cache` names each file that is missing or has the wrong size. Idempotent.
 */
export async function finalizeCache({
  proof,
  cacheDir,
  replicaPath,
  trim,
}: FinalizeRequest): Promise<Finalized> {
  const files = cacheFiles(cacheDir, proof);
  const sizes = cacheFileSizes(proof.number);
  const keepsSynthetic = trim === 'layers' && proof.feature === 'synthetic';
  const problems = (
    await Promise.all([
      check(replicaPath, (bytes) => bytes === proof.sectorBytes),
      check(files.persistentAux, (bytes) => bytes === 64),
      ...files.treeR.map((path) => check(path, (bytes) => sizes.treeR.includes(bytes))),
      ...(keepsSynthetic ? [check(files.syntheticProofs, (bytes) => bytes === sizes.syntheticProofs)] : []),
    ])
  ).filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new ProblemError(problems);

  const doomed = [
    ...files.layers,
    ...files.treeC,
    files.treeD,
    ...(trim === 'all' ? [files.syntheticProofs] : []),
  ];
  const removed: string[] = [];
  let freedBytes = 0;
  for (const path of doomed) {
    const bytes = await sizeOf(path);
    if (bytes === undefined) continue;
    await rm(path);
    removed.push(path);
    freedBytes += bytes;
  }
  return { removed, freedBytes };
}

async function check(path: string, fits: (bytes: number) => boolean): Promise<Problem | undefined> {
  const bytes = await sizeOf(path);
  if (bytes !== undefined && fits(bytes)) return undefined;
  return {
    code: 'incomplete-cache',
    severity: 'error',
    summary:
      bytes === undefined
        ? `${path} is missing`
        : `${path} has ${bytes} bytes; a complete sector has another size`,
    why: 'the sector could not be proven without it; nothing was deleted',
    fix: 'run the second phase again before finalizing',
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
