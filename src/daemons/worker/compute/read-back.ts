import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFiles } from '../../proofs/cache-files.ts';
import { native } from '../../proofs/native.ts';
import { callKernel, type OperationOptions } from '../../proofs/operation.ts';
import { registeredSealProof } from '../../proofs/registered-proof.ts';
import { unseal } from '../../proofs/sealing.ts';
import { decodeUpdate } from '../../proofs/sector-update.ts';
import { fromHex } from './hex.ts';
import type { ComputeResults, DecodeUpdateJob, UnsealJob } from './job.ts';
import { writePiece } from './write-piece.ts';

/** UNS from the sealed replica. */
export async function unsealRange(
  job: UnsealJob,
  options: OperationOptions,
): Promise<ComputeResults['unseal']> {
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

/** UNS from an updated replica and its key. */
export async function decodeRange(
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

/** Reads CommC and the root of tree R from p_aux and computes CommR from them. Uses the p_aux of the key if it still exists. */
export async function committedBy(
  persistentAux: string,
  keyCache?: string,
): Promise<{ commC: Uint8Array; commR: Uint8Array }> {
  const keyAux = keyCache === undefined ? undefined : join(keyCache, 'p_aux');
  const aux = await readFile(keyAux !== undefined && existsSync(keyAux) ? keyAux : persistentAux);
  const commC = aux.subarray(0, 32);
  return { commC, commR: callKernel(() => native().poseidonHash({ inputs: [commC, aux.subarray(32, 64)] })) };
}
