import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SectorInfo } from '../../src/core/lotus/sealing-values.ts';
import { commit1, verifyCommit1 } from '../../src/daemons/proofs/commit1.ts';
import { commit1Json } from '../../src/daemons/proofs/commit1-output.ts';
import { replicaCommitmentCid } from '../../src/daemons/proofs/commitment-cid.ts';
import { zeroCommitment } from '../../src/daemons/proofs/pieces.ts';
import { registeredSealProof } from '../../src/daemons/proofs/registered-proof.ts';
import { precommit1, precommit2 } from '../../src/daemons/proofs/sealing.ts';

export interface CheckOptions {
  readonly actorId: number;
  /** Empty directory to work in. */
  readonly directory: string;
  /** Directory of the parent caches. */
  readonly parents: string;
  readonly signal: AbortSignal;
}

/**
 * Checks the proof of a pledged sector from nothing but what the miner recorded of it: seals it once more in this process, with its ticket
 * and seed, and expects the same commitment and the very vanilla proof that the worker verified; then the kernels' verifier goes over that
 * proof. Answers the first digits of the proof's SHA-256; throws when anything differs, or soon after the signal is aborted.
 */
export async function checkProof(
  sector: SectorInfo,
  { actorId, directory, parents, signal }: CheckOptions,
): Promise<string> {
  const proof = registeredSealProof(sector.SealProof);
  const [replicaPath, cacheDir] = [join(directory, 'sealed'), join(directory, 'cache')];
  mkdirSync(directory, { recursive: true });
  const ticket = bytesOf(sector.Ticket.Value);
  const identity = { actorId, sectorNumber: sector.SectorID, ticket };
  const work = { threads: { count: 2 }, signal };
  const commD = zeroCommitment(Math.log2(proof.sectorBytes / 32));
  const sealed = { sealedPath: replicaPath, cacheDir };
  const labels = { parentCacheDir: parents, labelThreads: { producers: 0 } };
  await precommit1(proof.number, { ...identity, ...sealed, expectedCommD: commD }, { ...work, ...labels });
  const { commR } = await precommit2(proof.number, sealed, work);
  const recorded = sector.CommR?.['/'];
  if (replicaCommitmentCid(commR) !== recorded)
    throw new Error(`sector ${sector.SectorID} seals to another commitment than ${recorded}`);
  const statement = { ...identity, seed: bytesOf(sector.Seed.Value), commD, commR };
  const vanilla = await commit1(proof.number, statement, { cacheDir, replicaPath }, work);
  const digest = createHash('sha256').update(commit1Json(proof, vanilla)).digest('hex');
  const verdict = JSON.parse(bytesOf(sector.Proof).toString()) as { kind: string; inputSha256: string };
  if (verdict.kind !== 'vanilla-proof-verified' || verdict.inputSha256 !== digest)
    throw new Error(`the miner keeps another proof of sector ${sector.SectorID}`);
  await verifyCommit1(proof.number, statement, vanilla, work);
  return digest.slice(0, 16);
}

function bytesOf(base64: string | null): Buffer {
  return Buffer.from(base64 ?? '', 'base64');
}
