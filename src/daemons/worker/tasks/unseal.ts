import { createUnsealedFile, isPresent, markPresent } from '../../base/storage/unsealed-file.ts';
import { fileMaskOf } from '@sealctl/core/lotus/sector-file';
import type { CallContext } from '../calls/calls.ts';
import { sectorOf } from './seal.ts';
import { parentCacheDirOf } from '../../proofs/sealing.ts';
import { holding, scratchOf, needsOf, type TaskDeps } from './task-deps.ts';
import { sizedOf, type SectorOfTask } from './values.ts';

/** A range of a sector's data, in unpadded bytes; ticket and CommD in hexadecimal. */
export interface UnsealRange {
  readonly offset: number;
  readonly bytes: number;
  readonly ticket: string;
  readonly commD: string;
}

/**
 * UNS: ensures that a sector's unsealed file contains a range of its data. Sources keep their copies; copies fetched for this task are
 * deleted.
 */
export async function unsealPiece(
  deps: TaskDeps,
  of: SectorOfTask,
  request: UnsealRange,
  context: CallContext,
): Promise<void> {
  const { sectorBytes } = of.proof;
  const range = { offset: (request.offset / 127) * 128, size: (request.bytes / 127) * 128 };
  const found = async (type: 'unsealed' | 'update'): Promise<boolean> =>
    (await deps.index.findSector(of.sector, fileMaskOf([type]), sectorBytes)).length > 0;
  const known = await found('unsealed');
  await holding(
    deps,
    of,
    context,
    { existing: known ? ['unsealed'] : [], allocate: known ? [] : ['unsealed'], mode: 'move' },
    async (unsealed) => {
      const path = unsealed.file('unsealed');
      await createUnsealedFile(path, sectorBytes);
      if (!(await isPresent(path, sectorBytes, range))) {
        await decode(
          deps,
          of,
          request,
          { path, scratch: scratchOf(unsealed, 'unsealed', 'unseal') },
          await found('update'),
          context,
        );
        await markPresent(path, sectorBytes, range);
      }
      await unsealed.declare(['unsealed']);
    },
  );
  await deps.files.dropCopies(sizedOf(of), ['sealed', 'cache', 'update', 'update-cache']);
}

function decode(
  deps: TaskDeps,
  of: SectorOfTask,
  { ticket, ...request }: UnsealRange,
  into: { readonly path: string; readonly scratch: string },
  updated: boolean,
  context: CallContext,
): Promise<unknown> {
  const { env } = deps.settings;
  const needs = needsOf('UNS', of.proof.number, env);
  const existing = updated ? (['sealed', 'cache', 'update'] as const) : (['sealed', 'cache'] as const);
  return holding(deps, of, context, { existing, mode: 'copy' }, (held) => {
    const common = {
      ...request,
      ...needs,
      sealed: held.file('sealed'),
      cache: held.file('cache'),
      unsealed: into.path,
      scratch: into.scratch,
    };
    return updated
      ? deps.jobs.run(
          {
            kind: 'decode-update',
            ...common,
            sectorBytes: sizedOf(of).sectorBytes,
            update: held.file('update'),
          },
          context,
        )
      : deps.jobs.run(
          { kind: 'unseal', ...common, ...sectorOf(of), ticket, parentCache: parentCacheDirOf(env) },
          context,
        );
  });
}
