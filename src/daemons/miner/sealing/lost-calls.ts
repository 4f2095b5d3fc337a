import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import { RpcError } from '@sealctl/core/lotus/rpc-error';
import type { RunningCall } from '@sealctl/core/lotus/worker-api';
import type { WorkerRegistry } from '../worker-registry.ts';
import type { Job } from './job.ts';

/**
 * Resolves calls whose state the miner does not know: the miner was killed before it received the call's ID, the response was lost, or the
 * worker was restarted. Our workers list their running calls (`RunningCalls`); for others a time limit decides.
 */
export interface LostCalls {
  /** Checks one job on a registered worker in the background. */
  readonly look: (job: Job) => void;
}

export interface LostCallsOptions {
  readonly registry: WorkerRegistry;
  readonly now: () => number;
  readonly log: Logger;
  /** The current state of a job. */
  readonly job: (id: string) => Job | undefined;
  readonly isClaimed: (callId: string) => boolean;
  readonly save: (job: Job) => void;
  /** Called when the call does not run and no result arrived in time. */
  readonly onLost: (job: Job) => void;
}

/** Workers offer an undelivered result every five seconds; this allows three attempts. */
const resultDueMs = 15_000;
/** The time limit for workers without `RunningCalls`. */
const answerDueMs = 60_000;

export function makeLostCalls(options: LostCallsOptions): LostCalls {
  const { registry, now, log } = options;
  const looking = new Set<string>();
  const missingSince = new Map<string, number>();

  async function look(before: Job): Promise<void> {
    const place = before.place!;
    const worker = registry.list().find(({ url }) => url === place.worker.url);
    const caller = registry.caller(place.worker.url);
    if (worker === undefined || caller === undefined) return;
    const running = await caller.call('RunningCalls', []).catch((error: unknown) => {
      if (!(error instanceof RpcError)) throw error;
      log.debug(
        { host: place.worker.host, why: messageOf(error) },
        'cannot list the running calls of a worker',
      );
      return undefined;
    });
    const job = options.job(before.id);
    if (job?.place === undefined || job.place.since !== place.since || job.place.call !== place.call) return;
    const found = running?.find(
      (call) => isCallOf(job, call) && (call.ID.ID === place.call || !options.isClaimed(call.ID.ID)),
    );
    if (found !== undefined) {
      missingSince.delete(job.id);
      const known = { ...job.place.worker, session: worker.session };
      options.save({ ...job, place: { ...job.place, worker: known, call: found.ID.ID } });
      log.info({ job: job.id, call: found.ID.ID, host: known.host }, 'found the running call again');
      return;
    }
    const since = missingSince.get(job.id) ?? now();
    missingSince.set(job.id, since);
    if (now() - since < (running === undefined ? answerDueMs : resultDueMs)) return;
    missingSince.delete(job.id);
    options.onLost(job);
  }

  return {
    look(job) {
      if (looking.has(job.id)) return;
      looking.add(job.id);
      look(job)
        .catch((error: unknown) => log.error({ job: job.id, why: messageOf(error) }, 'cannot check a call'))
        .finally(() => looking.delete(job.id));
    },
  };
}

function isCallOf({ place, spec, sector }: Job, { ID, Method }: RunningCall): boolean {
  const method = place?.stage === 'fetch' ? 'Fetch' : spec.method;
  if (place?.call !== undefined) return ID.ID === place.call;
  return Method === method && ID.Sector.Miner === sector.Miner && ID.Sector.Number === sector.Number;
}
