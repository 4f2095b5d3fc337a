import { rm } from 'node:fs/promises';
import { fail } from '@sealctl/core/problem/problem';
import { cutUnsealedFile, markPresent } from '../../base/storage/unsealed-file.ts';
import { zeroCommitment } from '../../proofs/pieces.ts';
import type { CallContext } from '../calls/calls.ts';
import { toHex } from '../compute/hex.ts';
import type { Payload } from './payload.ts';
import type { TaskNeeds } from '../compute/allocations.ts';
import { holding, needsOf, type TaskDeps } from './task-deps.ts';
import { pieceInfo, type SectorOfTask } from './values.ts';

/** AP: writes a piece after the `existing` ones (unpadded sizes) of a sector's unsealed file. */
export function addPiece(
  deps: TaskDeps,
  of: SectorOfTask,
  existing: readonly number[],
  unpaddedBytes: number,
  payload: Payload,
  context: CallContext,
): Promise<unknown> {
  const { sectorBytes } = of.proof;
  const begin = padded(existing.reduce((sum, bytes) => sum + bytes, 0));
  const size = padded(unpaddedBytes);
  if (begin + size > sectorBytes)
    throw fail({
      code: 'piece-too-large',
      summary: `a piece of ${size} padded bytes does not fit at offset ${begin} of a sector of ${sectorBytes} bytes`,
    });
  const first = existing.length === 0;
  const wanted = {
    existing: first ? [] : (['unsealed'] as const),
    allocate: first ? (['unsealed'] as const) : [],
    mode: 'move',
  } as const;
  return holding(deps, of, context, wanted, async (held) => {
    const path = held.file('unsealed');
    // Data of an earlier attempt must not become part of the piece.
    await cutUnsealedFile(path, sectorBytes, begin);
    try {
      const piece =
        payload.kind === 'zeros'
          ? zeros(payload.bytes, unpaddedBytes)
          : await written(deps, of, { path, paddedOffset: begin }, unpaddedBytes, payload, context);
      await markPresent(path, sectorBytes, { offset: begin, size });
      if (first) await held.declare(['unsealed']);
      return pieceInfo(piece);
    } catch (error) {
      if (first) await rm(path, { force: true });
      throw error;
    }
  });
}

/** DC: computes the commitment of a payload, which is not stored. */
export async function computeDataCid(
  deps: TaskDeps,
  unpaddedBytes: number,
  payload: Payload,
  context: CallContext,
): Promise<unknown> {
  if (payload.kind === 'zeros') return pieceInfo(zeros(payload.bytes, unpaddedBytes));
  return pieceInfo(await hashed(deps, undefined, unpaddedBytes, payload, { threads: 1, gpus: 0 }, context));
}

function written(
  deps: TaskDeps,
  of: SectorOfTask,
  into: { readonly path: string; readonly paddedOffset: number },
  unpaddedBytes: number,
  payload: Extract<Payload, { kind: 'stream' }>,
  context: CallContext,
) {
  const needs = needsOf('AP', of.proof.number, deps.settings.env);
  return hashed(deps, into, unpaddedBytes, payload, needs, context);
}

async function hashed(
  { jobs }: TaskDeps,
  into: { readonly path: string; readonly paddedOffset: number } | undefined,
  unpaddedBytes: number,
  payload: Extract<Payload, { kind: 'stream' }>,
  needs: TaskNeeds,
  context: CallContext,
) {
  try {
    const stream = await payload.open(context.signal);
    return await jobs.run(
      { kind: 'piece', ...needs, unpaddedBytes, ...(into === undefined ? {} : { into }) },
      { ...context, payload: stream },
    );
  } finally {
    payload.close();
  }
}

/** Zeros need no write: the file has a hole in that place. */
function zeros(bytes: number, unpaddedBytes: number) {
  if (bytes !== unpaddedBytes)
    throw fail({
      code: 'piece-length',
      summary: `the piece has ${bytes} bytes by its reader instead of ${unpaddedBytes}`,
    });
  const paddedBytes = padded(unpaddedBytes);
  return { paddedBytes, commitment: toHex(zeroCommitment(Math.log2(paddedBytes / 32))) };
}

function padded(unpaddedBytes: number): number {
  return (unpaddedBytes / 127) * 128;
}
