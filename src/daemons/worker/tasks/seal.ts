import { fail } from '@sealctl/core/problem/problem';
import { dataCommitmentCid, replicaCommitmentCid } from '../../proofs/commitment-cid.ts';
import { finalizeCache } from '../../proofs/finalize.ts';
import { commDOfPieces, zeroCommitment } from '../../proofs/pieces.ts';
import type { CallContext } from '../calls/calls.ts';
import { toHex } from '../compute/hex.ts';
import { makeFiles } from './new-files.ts';
import { parentCacheDirOf } from '../../proofs/sealing.ts';
import { holding, needsOf, type TaskDeps } from './task-deps.ts';
import type { PieceOfTask, SectorOfTask } from './values.ts';

/** PC1. The kernel keeps layers that an earlier run completed. The value is the one that Lotus passes on to PC2. */
export function sealPreCommit1(
  deps: TaskDeps,
  of: SectorOfTask,
  ticket: string,
  pieces: readonly PieceOfTask[],
  context: CallContext,
): Promise<unknown> {
  const commD = commDOf(of, pieces);
  const empty = pieces.every(({ paddedBytes, commitment }) => commitment === zerosOf(paddedBytes));
  const wanted = { existing: ['unsealed'], allocate: ['sealed', 'cache'], mode: 'move' } as const;
  return holding(deps, of, context, wanted, async (held) => {
    const { env } = deps.settings;
    const work = () =>
      deps.jobs.run(
        {
          kind: 'precommit1',
          ...sectorOf(of),
          ...needsOf('PC1', of.proof.number, env),
          ticket,
          sealed: held.file('sealed'),
          cache: held.file('cache'),
          commD,
          parentCache: parentCacheDirOf(env),
          ...(empty ? {} : { unsealed: held.file('unsealed') }),
        },
        context,
      );
    const { output } = await makeFiles(deps, context, held, {
      method: 'SealPreCommit1',
      types: ['sealed', 'cache'],
      work,
    });
    return Buffer.from(output, 'utf8').toString('base64');
  });
}

/** PC2, or the operator's command instead. */
export function sealPreCommit2(
  deps: TaskDeps,
  of: SectorOfTask,
  phase1Output: Buffer,
  context: CallContext,
): Promise<unknown> {
  const wanted = { existing: ['sealed', 'cache'], mode: 'move' } as const;
  return holding(deps, of, context, wanted, async (held) => {
    const { env, externalPrecommit2 } = deps.settings;
    const { commD, commR } = await deps.jobs.run(
      {
        kind: 'precommit2',
        ...sectorOf(of),
        ...needsOf('PC2', of.proof.number, env),
        sealed: held.file('sealed'),
        cache: held.file('cache'),
        precommit1Json: phase1Output.toString('utf8'),
        ...(externalPrecommit2 === undefined ? {} : { external: externalPrecommit2 }),
      },
      context,
    );
    return { Unsealed: { '/': dataCidOf(commD) }, Sealed: { '/': replicaCidOf(commR) } };
  });
}

/** The statement of a proof of replication; all in hexadecimal. */
export interface SealStatementOfTask {
  readonly ticket: string;
  readonly seed: string;
  readonly commD: string;
  readonly commR: string;
}

/** C1. */
export function sealCommit1(
  deps: TaskDeps,
  of: SectorOfTask,
  statement: SealStatementOfTask,
  context: CallContext,
): Promise<unknown> {
  const wanted = { existing: ['sealed', 'cache'], mode: 'move' } as const;
  return holding(deps, of, context, wanted, async (held) => {
    const { output } = await deps.jobs.run(
      {
        kind: 'commit1',
        ...sectorOf(of),
        ...statement,
        ...needsOf('C1', of.proof.number, deps.settings.env),
        sealed: held.file('sealed'),
        cache: held.file('cache'),
      },
      context,
    );
    return Buffer.from(output, 'utf8').toString('base64');
  });
}

/** C2: runs the operator's prover; without one, verifies the vanilla proof and returns a `VanillaVerdict`. */
export async function sealCommit2(
  deps: TaskDeps,
  of: SectorOfTask,
  commit1Output: Buffer,
  context: CallContext,
): Promise<unknown> {
  const { env, externalCommit2, gpuProving } = deps.settings;
  const { proof } = await deps.jobs.run(
    {
      kind: 'commit2',
      ...sectorOf(of),
      ...needsOf('C2', of.proof.number, env),
      commit1Json: commit1Output.toString('utf8'),
      noGpu: !gpuProving,
      ...(externalCommit2 === undefined ? {} : { external: externalCommit2 }),
    },
    context,
  );
  return proof;
}

/** FIN: trims the cache to the files that proofs of spacetime need. */
export function finalizeSector(deps: TaskDeps, of: SectorOfTask, context: CallContext): Promise<unknown> {
  const wanted = { existing: ['sealed', 'cache'], mode: 'move' } as const;
  return holding(deps, of, context, wanted, async (held) => {
    const request = { proof: of.proof, cacheDir: held.file('cache'), replicaPath: held.file('sealed') };
    const { removed, freedBytes } = await finalizeCache({ ...request, trim: 'all' });
    deps.log.info({ sector: of.sector.Number, removed: removed.length, freedBytes }, 'cache trimmed');
  });
}

/** The sector of a job. */
export function sectorOf({ sector, proof }: SectorOfTask) {
  return { proof: proof.number, actorId: sector.Miner, sectorNumber: sector.Number };
}

/** CommD of the pieces, in hexadecimal; rejects with a problem when they do not fill the sector. */
export function commDOf({ proof }: SectorOfTask, pieces: readonly PieceOfTask[]): string {
  const sum = pieces.reduce((total, { paddedBytes }) => total + paddedBytes, 0);
  if (sum !== proof.sectorBytes)
    throw fail({
      code: 'pieces-do-not-fill',
      summary: `the pieces have ${sum} bytes in total; the sector has ${proof.sectorBytes}`,
      fix: 'fill the sector with zero pieces first',
    });
  const native = pieces.map(({ paddedBytes, commitment }) => ({
    paddedBytes,
    commitment: Uint8Array.from(Buffer.from(commitment, 'hex')),
  }));
  return toHex(commDOfPieces(proof.sectorBytes, native));
}

export function dataCidOf(commitment: string): string {
  return dataCommitmentCid(Buffer.from(commitment, 'hex'));
}

export function replicaCidOf(commitment: string): string {
  return replicaCommitmentCid(Buffer.from(commitment, 'hex'));
}

function zerosOf(paddedBytes: number): string {
  return toHex(zeroCommitment(Math.log2(paddedBytes / 32)));
}
