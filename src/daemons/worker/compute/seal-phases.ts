import { constants } from 'node:fs';
import { copyFile, mkdir, rm, truncate } from 'node:fs/promises';
import { runExternalPrecommit2 } from '../../proofs/external-precommit2.ts';
import type { OperationOptions } from '../../proofs/operation.ts';
import { precommit1Json } from '../../proofs/precommit1-output.ts';
import { runPrecommit2 } from '../../proofs/precommit2-step.ts';
import { registeredSealProof } from '../../proofs/registered-proof.ts';
import { precommit1 } from '../../proofs/sealing.ts';
import type { ComputeContext } from './context.ts';
import { fromHex, toHex } from './hex.ts';
import type { ComputeResults, Precommit1Job, Precommit2Job } from './job.ts';

/** PC1. A sector with data is sealed from a copy without the trailer. */
export async function sealPhase1(
  job: Precommit1Job,
  options: OperationOptions,
): Promise<ComputeResults['precommit1']> {
  const proof = registeredSealProof(job.proof);
  const { actorId, sectorNumber, sealed, cache, unsealed } = job;
  const ticket = fromHex(job.ticket);
  await mkdir(cache, { recursive: true });
  // The kernel accepts data of at most the sector's size, but the unsealed file also has a trailer.
  const staged = unsealed === undefined ? undefined : `${sealed}.data`;
  if (unsealed !== undefined && staged !== undefined) {
    await copyFile(unsealed, staged, constants.COPYFILE_FICLONE);
    await truncate(staged, proof.sectorBytes);
  }
  try {
    const { commD } = await precommit1(
      job.proof,
      {
        actorId,
        sectorNumber,
        ticket,
        sealedPath: sealed,
        cacheDir: cache,
        expectedCommD: fromHex(job.commD),
        ...(staged === undefined ? {} : { stagedPath: staged }),
      },
      { ...options, parentCacheDir: job.parentCache, labelThreads: { producers: job.threads - 1 } },
    );
    return { output: precommit1Json({ proof, commD, ticket, cacheDir: cache }) };
  } finally {
    if (staged !== undefined) await rm(staged, { force: true });
  }
}

/** PC2, or the operator's command instead. */
export async function sealPhase2(
  job: Precommit2Job,
  options: OperationOptions,
  { signal, onLine }: ComputeContext,
): Promise<ComputeResults['precommit2']> {
  const { actorId, sectorNumber, sealed, cache, external } = job;
  const sector = {
    actorId,
    sectorNumber,
    proof: registeredSealProof(job.proof),
    cacheDir: cache,
    sealedPath: sealed,
    precommit1Json: job.precommit1Json,
  };
  const { commD, commR } =
    external === undefined
      ? await runPrecommit2(sector, undefined, options)
      : await runExternalPrecommit2(external, sector, { signal, onLine });
  return { commD: toHex(commD), commR: toHex(commR) };
}
