import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import { sectorName } from '@sealctl/core/lotus/sector-file';
import { workerTaskMethods, type WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import type { LocalStorage } from '../base/storage/local-storage.ts';
import { removeLeftovers, removePartial, partialFiles } from '../base/storage/partial-files.ts';
import type { CallRecord } from './calls/journal.ts';
import type { TaskDeps } from './tasks/task-deps.ts';

export interface LeftoversOptions {
  readonly storage: Pick<LocalStorage, 'paths'>;
  /** Calls of earlier processes that the miner has not acknowledged. */
  readonly records: readonly CallRecord[];
  readonly callStatus: TaskDeps['callStatus'];
  readonly log: Logger;
}

/**
 * Deletes files that an earlier process did not finish, before anything uses the storage paths. Downloads stay where a call of their sector
 * may come again. Partial files stay, since a retry resumes from them, unless the miner reports them as superseded.
 */
export async function clearLeftovers({ storage, records, callStatus, log }: LeftoversOptions): Promise<void> {
  const awaited = new Set(
    records.filter(({ outcome }) => outcome === undefined).map(({ call }) => sectorName(call.Sector)),
  );
  for (const { LocalPath: path } of storage.paths())
    try {
      const removed = await removeLeftovers(path, (sector) => awaited.has(sector));
      if (removed > 0) log.info({ path, removed }, 'removed files of interrupted downloads');
      for (const { maker, ...place } of await partialFiles(path)) {
        if (!isTaskMethod(maker.method)) continue;
        if ((await callStatus(maker.call, maker.method)) !== 'superseded') continue;
        await removePartial(place);
        log.info({ file: place.file }, 'removed a partial file that another call replaced');
      }
    } catch (error) {
      log.warn({ path, why: messageOf(error) }, 'cannot remove leftovers of an earlier run');
    }
}

function isTaskMethod(method: string): method is WorkerTaskMethod {
  return (workerTaskMethods as readonly string[]).includes(method);
}
