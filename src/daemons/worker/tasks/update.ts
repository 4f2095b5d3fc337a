import { finalizeCache } from '../../proofs/finalize.ts';
import type { CallContext } from '../calls/calls.ts';
import { commDOf, dataCidOf, replicaCidOf } from './seal.ts';
import { makeFiles } from './new-files.ts';
import { holding, needsOf, type TaskDeps } from './task-deps.ts';
import { sizedOf, type PieceOfTask, type SectorOfTask } from './values.ts';

/** RU: encodes new data into a sealed sector. The sector key stays at its sources. */
export function replicaUpdate(
  deps: TaskDeps,
  of: SectorOfTask,
  pieces: readonly PieceOfTask[],
  context: CallContext,
): Promise<unknown> {
  const commD = commDOf(of, pieces);
  const wanted = {
    existing: ['unsealed', 'sealed', 'cache'],
    allocate: ['update', 'update-cache'],
    mode: 'copy',
  } as const;
  return holding(deps, of, context, wanted, async (held) => {
    const work = () =>
      deps.jobs.run(
        {
          kind: 'encode-update',
          ...sizes(deps, of, 'RU'),
          commD,
          unsealed: held.file('unsealed'),
          sealed: held.file('sealed'),
          cache: held.file('cache'),
          update: held.file('update'),
          updateCache: held.file('update-cache'),
        },
        context,
      );
    const types = ['update', 'update-cache'] as const;
    const result = await makeFiles(deps, context, held, { method: 'ReplicaUpdate', types, work });
    return {
      NewSealed: { '/': replicaCidOf(result.commR) },
      NewUnsealed: { '/': dataCidOf(result.commD) },
    };
  });
}

/** The three commitments of an update, in hexadecimal. */
export interface UpdateStatementOfTask {
  readonly commROld: string;
  readonly commRNew: string;
  readonly commDNew: string;
}

/** PR1. */
export function proveReplicaUpdate1(
  deps: TaskDeps,
  of: SectorOfTask,
  statement: UpdateStatementOfTask,
  context: CallContext,
): Promise<unknown> {
  const existing = ['sealed', 'cache', 'update', 'update-cache'] as const;
  return holding(deps, of, context, { existing, mode: 'copy' }, async (held) => {
    const { proofs } = await deps.jobs.run(
      {
        kind: 'prove-update1',
        ...sizes(deps, of, 'PR1'),
        ...statement,
        sealed: held.file('sealed'),
        cache: held.file('cache'),
        update: held.file('update'),
        updateCache: held.file('update-cache'),
      },
      context,
    );
    return proofs;
  });
}

/** PR2: runs the operator's prover; without one, verifies the vanilla proofs and returns a `VanillaVerdict`. */
export async function proveReplicaUpdate2(
  deps: TaskDeps,
  of: SectorOfTask,
  statement: UpdateStatementOfTask,
  proofs: readonly Buffer[],
  context: CallContext,
): Promise<unknown> {
  const { externalUpdate2 } = deps.settings;
  const { proof } = await deps.jobs.run(
    {
      kind: 'prove-update2',
      ...sizes(deps, of, 'PR2'),
      ...statement,
      proofs: proofs.map((bytes) => bytes.toString('base64')),
      actorId: of.sector.Miner,
      sectorNumber: of.sector.Number,
      // Update proofs are numbered by sector size alone, in the order of each block of seal proofs.
      updateProof: of.proof.number % 5,
      ...(externalUpdate2 === undefined ? {} : { external: externalUpdate2 }),
    },
    context,
  );
  return proof;
}

/** FRU: trims the caches of key and update to the files that proofs of spacetime need. */
export function finalizeReplicaUpdate(
  deps: TaskDeps,
  of: SectorOfTask,
  context: CallContext,
): Promise<unknown> {
  const existing = ['sealed', 'cache', 'update', 'update-cache'] as const;
  return holding(deps, of, context, { existing, mode: 'move' }, async (held) => {
    const key = { cacheDir: held.file('cache'), replicaPath: held.file('sealed') };
    const update = { cacheDir: held.file('update-cache'), replicaPath: held.file('update') };
    await finalizeCache({ proof: of.proof, ...key, trim: 'all' });
    await finalizeCache({ proof: of.proof, ...update, trim: 'all' });
  });
}

/** GSK: regenerates the sector key from the updated replica and its data. Copies fetched for this task are deleted. */
export async function generateSectorKey(
  deps: TaskDeps,
  of: SectorOfTask,
  commD: string,
  context: CallContext,
): Promise<void> {
  const wanted = {
    existing: ['unsealed', 'cache', 'update', 'update-cache'],
    allocate: ['sealed'],
    mode: 'copy',
  } as const;
  await holding(deps, of, context, wanted, async (held) => {
    await deps.jobs.run(
      {
        kind: 'regenerate-key',
        ...sizes(deps, of, 'GSK'),
        commD,
        unsealed: held.file('unsealed'),
        cache: held.file('cache'),
        update: held.file('update'),
        updateCache: held.file('update-cache'),
        sealed: held.file('sealed'),
      },
      context,
    );
    await held.declare(['sealed']);
  });
  // The cache of the key was regenerated on this worker and moves with the key.
  await deps.files.dropCopies(sizedOf(of), ['unsealed', 'update', 'update-cache']);
}

function sizes({ settings }: TaskDeps, { proof }: SectorOfTask, code: 'RU' | 'PR1' | 'PR2' | 'GSK') {
  return { sectorBytes: proof.sectorBytes, ...needsOf(code, proof.number, settings.env) };
}
