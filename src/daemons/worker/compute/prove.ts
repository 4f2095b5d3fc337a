import { commit1, verifyCommit1 } from '../../proofs/commit1.ts';
import { commit1Binary, commit1Json, commit1Trailer } from '../../proofs/commit1-output.ts';
import { commit1WrapperParts } from '../../proofs/commit1-wrapper.ts';
import { runExternalProver } from '../../proofs/external-prover.ts';
import type { OperationOptions } from '../../proofs/operation.ts';
import { registeredSealProof } from '../../proofs/registered-proof.ts';
import { updatePartitions, verifyUpdate } from '../../proofs/sector-update.ts';
import { updateProofsJson } from '../../proofs/update-proofs-json.ts';
import type { ComputeContext } from './context.ts';
import { fromHex } from './hex.ts';
import type { Commit1Job, Commit2Job, ComputeResults, ProveUpdate2Job } from './job.ts';
import { vanillaVerdict } from './vanilla-verdict.ts';

/** C1. */
export async function provePhase1(
  job: Commit1Job,
  options: OperationOptions,
): Promise<ComputeResults['commit1']> {
  const { actorId, sectorNumber, sealed, cache } = job;
  const binary = await commit1(
    job.proof,
    {
      actorId,
      sectorNumber,
      ticket: fromHex(job.ticket),
      seed: fromHex(job.seed),
      commD: fromHex(job.commD),
      commR: fromHex(job.commR),
    },
    { cacheDir: cache, replicaPath: sealed },
    options,
  );
  return { output: commit1Json(registeredSealProof(job.proof), binary) };
}

/** C2: verifies the vanilla proof, and runs the operator's prover if one is configured. */
export async function provePhase2(
  job: Commit2Job,
  options: OperationOptions,
  { signal, onLine }: ComputeContext,
): Promise<ComputeResults['commit2']> {
  const { actorId, sectorNumber, external, noGpu } = job;
  const { proof, binary } = commit1Binary(Buffer.from(job.commit1Json));
  const { commR, commD, seed, ticket } = commit1Trailer(binary);
  await verifyCommit1(proof.number, { actorId, sectorNumber, ticket, seed, commD, commR }, binary, options);
  if (external === undefined) return { proof: vanillaVerdict('C2', job.commit1Json).toString('base64') };
  const { sectorBytes } = proof;
  const input = commit1WrapperParts({ sectorNumber, sectorBytes }, [job.commit1Json]);
  const snark = await runExternalProver(
    external,
    {
      step: 'C2',
      sectorNumber,
      actorId,
      sectorBytes,
      proofType: proof.number,
      partitions: proof.partitions,
      aggregated: proof.feature === 'non-interactive',
      input,
      noGpu,
    },
    { signal, onLine },
  );
  return { proof: Buffer.from(snark).toString('base64') };
}

/** PR2, like C2. */
export async function proveUpdatePhase2(
  job: ProveUpdate2Job,
  options: OperationOptions,
  { signal, onLine }: ComputeContext,
): Promise<ComputeResults['prove-update2']> {
  const { sectorNumber, actorId, sectorBytes, external } = job;
  const proofs = job.proofs.map((proof) => Buffer.from(proof, 'base64'));
  const statement = statementOf(job);
  await verifyUpdate(sectorBytes, statement, proofs, options);
  const input = updateProofsJson(proofs);
  if (external === undefined) return { proof: vanillaVerdict('PR2', input).toString('base64') };
  const snark = await runExternalProver(
    external,
    {
      step: 'PR2',
      ...statement,
      sectorNumber,
      actorId,
      sectorBytes,
      proofType: job.updateProof,
      partitions: updatePartitions(sectorBytes),
      input,
    },
    { signal, onLine },
  );
  return { proof: Buffer.from(snark).toString('base64') };
}

/** The statement of an update proof. */
export function statementOf(job: {
  readonly commROld: string;
  readonly commRNew: string;
  readonly commDNew: string;
}) {
  return {
    commROld: fromHex(job.commROld),
    commRNew: fromHex(job.commRNew),
    commDNew: fromHex(job.commDNew),
  };
}
