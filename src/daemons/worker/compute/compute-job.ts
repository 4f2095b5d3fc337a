import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationOptions } from '../../proofs/operation.ts';
import { encodeUpdate, proveUpdate, regenerateSectorKey } from '../../proofs/sector-update.ts';
import type { ComputeContext } from './context.ts';
import { fromHex, toHex } from './hex.ts';
import type { ComputeJob, ComputeResults } from './job.ts';
import { provePhase1, provePhase2, proveUpdatePhase2, statementOf } from './prove.ts';
import { committedBy, decodeRange, unsealRange } from './read-back.ts';
import { sealPhase1, sealPhase2 } from './seal-phases.ts';
import { writePiece } from './write-piece.ts';

/** Does the work of a job in this process. */
export async function computeJob(
  job: ComputeJob,
  context: ComputeContext,
): Promise<ComputeResults[ComputeJob['kind']]> {
  const options: OperationOptions = {
    threads: { count: job.threads },
    signal: context.signal,
    onProgress: context.onProgress,
  };
  switch (job.kind) {
    case 'piece': {
      const piece = await writePiece(context.payload(), job.unpaddedBytes, job.into, context.onProgress);
      return { commitment: toHex(piece.commitment), paddedBytes: piece.paddedBytes };
    }
    case 'precommit1':
      return sealPhase1(job, options);
    case 'precommit2':
      return sealPhase2(job, options, context);
    case 'commit1':
      return provePhase1(job, options);
    case 'commit2':
      return provePhase2(job, options, context);
    case 'unseal':
      return unsealRange(job, options);
    case 'encode-update': {
      const { sealed, cache, unsealed, update, updateCache } = job;
      await mkdir(updateCache, { recursive: true });
      const result = await encodeUpdate(
        job.sectorBytes,
        {
          keyPath: sealed,
          keyCacheDir: cache,
          dataPath: unsealed,
          replicaPath: update,
          updateCacheDir: updateCache,
          expectedCommD: fromHex(job.commD),
        },
        options,
      );
      return { commD: toHex(result.commDNew), commR: toHex(result.commRNew) };
    }
    case 'prove-update1': {
      const { sealed, cache, update, updateCache } = job;
      const sector = {
        keyPath: sealed,
        keyCacheDir: cache,
        replicaPath: update,
        updateCacheDir: updateCache,
      };
      const proofs = await proveUpdate(job.sectorBytes, statementOf(job), sector, options);
      return { proofs: proofs.map((proof) => proof.toString('base64')) };
    }
    case 'prove-update2':
      return proveUpdatePhase2(job, options, context);
    case 'decode-update':
      return decodeRange(job, options);
    case 'regenerate-key': {
      const { commC, commR } = await committedBy(join(job.updateCache, 'p_aux'), job.cache);
      await mkdir(job.cache, { recursive: true });
      await regenerateSectorKey(
        job.sectorBytes,
        {
          replicaPath: job.update,
          dataPath: job.unsealed,
          keyPath: job.sealed,
          keyCacheDir: job.cache,
          commDNew: fromHex(job.commD),
          commC,
          commROld: commR,
        },
        options,
      );
      return {};
    }
  }
}
