import { fail } from '@sealctl/core/problem/problem';
import { sectorName, type SectorFileTypeName } from '@sealctl/core/lotus/sector-file';
import type { WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import type { HeldFiles } from '../../base/transfer/sector-files.ts';
import type { CallContext } from '../calls/calls.ts';
import type { TaskDeps } from './task-deps.ts';

/** A task that makes new files of a sector. */
export interface NewFiles<Result> {
  readonly method: WorkerTaskMethod;
  readonly types: readonly SectorFileTypeName[];
  readonly work: () => Promise<Result>;
}

/**
 * Makes files of a sector that replace every other copy in the cluster. The miner may have given the task of a frozen or disconnected
 * worker to another worker, so this one reads the call's status before it replaces anything. The call fails if the status is not `wanted`;
 * the files of a superseded call are removed.
 */
export async function makeFiles<Result>(
  deps: TaskDeps,
  { call, signal }: CallContext,
  held: HeldFiles,
  { method, types, work }: NewFiles<Result>,
): Promise<Result> {
  let finished = false;
  try {
    await held.begin(types, { call, method });
    const result = await work();
    finished = true;
    const callStatus = await deps.callStatus(call, method);
    if (callStatus !== 'wanted') throw unwanted(call.Sector.Number, method);
    await held.declareAsOnly(types);
    return result;
  } catch (error) {
    if (await isSuperseded()) {
      await held.discard(types);
      deps.log.info({ sector: sectorName(call.Sector), method }, 'removed files that another call replaced');
    }
    throw error;
  }

  async function isSuperseded(): Promise<boolean> {
    if (!signal.aborted && !finished) return false;
    // A worker that is stopping cannot ask the miner; its next process checks the leftovers.
    return deps.callStatus(call, method).then(
      (callStatus) => callStatus === 'superseded',
      () => false,
    );
  }
}

function unwanted(sector: number, method: string) {
  return fail({
    code: 'call-unwanted',
    summary: `the miner no longer waits for ${method} of sector ${sector}`,
    why: 'this worker did not answer for longer than its lease, or the task was aborted',
  });
}
