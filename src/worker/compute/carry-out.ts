import { copyFile, mkdir, readFile, rm, truncate } from 'node:fs/promises';
import { constants, createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { cacheFiles } from '../../proofs/cache-files.ts';
import { commit1, verifyCommit1 } from '../../proofs/commit1.ts';
import {
  commit1Binary,
  commit1Json,
  commit1Trailer,
  commit1WrapperJson,
} from '../../proofs/commit1-output.ts';
import { runExternalPrecommit2 } from '../../proofs/external-precommit2.ts';
import { runExternalProver } from '../../proofs/external-prover.ts';
import { native } from '../../proofs/native.ts';
import { callKernel, type OperationOptions } from '../../proofs/operation.ts';
import { precommit1Json } from '../../proofs/precommit1-output.ts';
import { runPrecommit2 } from '../../proofs/precommit2-step.ts';
import { registeredSealProof } from '../../proofs/registered-proof.ts';
import { precommit1, unseal } from '../../proofs/sealing.ts';
import {
  decodeUpdate,
  encodeUpdate,
  proveUpdate,
  regenerateSectorKey,
  updatePartitions,
  verifyUpdate,
} from '../../proofs/sector-update.ts';
import { updateProofsJson } from '../../proofs/update-proofs-json.ts';
import type {
  Commit1Job,
  Commit2Job,
  ComputeJob,
  ComputeProgress,
  ComputeResults,
  DecodeUpdateJob,
  Precommit1Job,
  Precommit2Job,
  ProveUpdate2Job,
  UnsealJob,
} from './job.ts';
import { vanillaVerdict } from './vanilla-verdict.ts';
import { writePiece } from './write-piece.ts';

/** What a computation runs with. */
export interface ComputeContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ComputeProgress) => void;
  /** Hears of every line that an external program prints. */
  readonly onLine: (line: string) => void;
  /** The payload of a piece. */
  readonly payload: () => Readable;
}

/** Does the work of a job in this process. */
export async function carryOut(
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

async function sealPhase1(
  job: Precommit1Job,
  options: OperationOptions,
): Promise<ComputeResults['precommit1']> {
  const proof = registeredSealProof(job.proof);
  const { actorId, sectorNumber, sealed, cache, unsealed } = job;
  const ticket = fromHex(job.ticket);
  await mkdir(cache, { recursive: true });
  // The kernel takes data of at most the sector's size; the unsealed file has its trailer behind it.
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

async function sealPhase2(
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

async function provePhase1(job: Commit1Job, options: OperationOptions): Promise<ComputeResults['commit1']> {
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

async function provePhase2(
  job: Commit2Job,
  options: OperationOptions,
  { signal, onLine }: ComputeContext,
): Promise<ComputeResults['commit2']> {
  const { actorId, sectorNumber, external, noGpu } = job;
  const { proof, binary } = commit1Binary(job.commit1Json);
  const { commR, commD, seed, ticket } = commit1Trailer(binary);
  await verifyCommit1(proof.number, { actorId, sectorNumber, ticket, seed, commD, commR }, binary, options);
  if (external === undefined) return { proof: vanillaVerdict('C2', job.commit1Json).toString('base64') };
  const { sectorBytes } = proof;
  const input = commit1WrapperJson({ sectorNumber, sectorBytes, phase1Output: job.commit1Json });
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

async function proveUpdatePhase2(
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

async function unsealRange(job: UnsealJob, options: OperationOptions): Promise<ComputeResults['unseal']> {
  const { actorId, sectorNumber, sealed, cache, scratch, offset, bytes } = job;
  const lastLayer = cacheFiles(cache, registeredSealProof(job.proof)).layers.at(-1) ?? '';
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  try {
    const outputPath = join(scratch, 'data');
    await unseal(
      job.proof,
      {
        actorId,
        sectorNumber,
        ticket: fromHex(job.ticket),
        commD: fromHex(job.commD),
        sealedPath: sealed,
        outputPath,
        scratchDir: join(scratch, 'layers'),
        offset,
        bytes,
        ...(existsSync(lastLayer) ? { lastLayerPath: lastLayer } : {}),
      },
      { ...options, parentCacheDir: job.parentCache, labelThreads: { producers: job.threads - 1 } },
    );
    await padInto(job, outputPath, options);
    return {};
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function decodeRange(
  job: DecodeUpdateJob,
  options: OperationOptions,
): Promise<ComputeResults['decode-update']> {
  const { sealed, cache, update, scratch, offset, bytes } = job;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  try {
    const outputPath = join(scratch, 'data');
    const { commR } = await committedBy(join(cache, 'p_aux'));
    await decodeUpdate(
      job.sectorBytes,
      {
        replicaPath: update,
        keyPath: sealed,
        outputPath,
        commDNew: fromHex(job.commD),
        commROld: commR,
        offset,
        bytes,
      },
      options,
    );
    await padInto(job, outputPath, options);
    return {};
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function padInto(
  { unsealed, offset, bytes }: { readonly unsealed: string; readonly offset: number; readonly bytes: number },
  data: string,
  { onProgress = () => undefined }: OperationOptions,
): Promise<void> {
  const into = { path: unsealed, paddedOffset: (offset / 127) * 128 };
  await writePiece(createReadStream(data), bytes, into, onProgress);
}

/** CommC, and CommR that follows from it and the root of tree R; CommR of the key where the key's own p_aux is still there. */
async function committedBy(
  persistentAux: string,
  keyCache?: string,
): Promise<{ commC: Uint8Array; commR: Uint8Array }> {
  const keyAux = keyCache === undefined ? undefined : join(keyCache, 'p_aux');
  const aux = await readFile(keyAux !== undefined && existsSync(keyAux) ? keyAux : persistentAux);
  const commC = aux.subarray(0, 32);
  return { commC, commR: callKernel(() => native().poseidonHash({ inputs: [commC, aux.subarray(32, 64)] })) };
}

function statementOf(job: {
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

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
