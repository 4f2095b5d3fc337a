import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import { RpcError } from '@sealctl/core/lotus/rpc-error';
import type { WorkerRegistry } from '../worker-registry.ts';
import type { Dispatcher } from './dispatch.ts';
import { requeued, type Job, type JobPlace } from './job.ts';
import { makeLostCalls } from './lost-calls.ts';
import type { SealingMetrics } from './metrics.ts';
import type { JobStore } from './job-store.ts';

/**
 * Requeues the jobs of workers whose lease has expired, and resolves calls whose state is unknown. A worker that returns is asked about its
 * former calls before it gets those jobs again. If a call still runs and its job waits, the worker gets the job back; if another worker has
 * started the job, the call is stopped.
 */
export interface Leases {
  /** Checks the lease of every job on a worker. */
  readonly expire: () => void;
  /** Asks workers that returned about their former jobs. */
  readonly meet: () => void;
}

export interface LeasesOptions {
  readonly jobStore: JobStore;
  readonly registry: WorkerRegistry;
  readonly dispatcher: Dispatcher;
  readonly metrics: SealingMetrics;
  readonly leaseMs: number;
  /** Called when a job returns to the queue. */
  readonly onQueued: () => void;
  readonly now: () => number;
  readonly log: Logger;
}

export function makeLeases(options: LeasesOptions): Leases {
  const { jobStore, registry, dispatcher, metrics, leaseMs, now, log } = options;
  const startedAt = now();
  const meeting = new Set<string>();
  const lostCalls = makeLostCalls({
    registry,
    now,
    log,
    job: (id) => jobStore.jobs.get(id),
    isClaimed: (call) => [...jobStore.jobs.values()].some(({ place }) => place?.call === call),
    save: jobStore.save,
    onLost: (job) => giveUp(job, 'the worker does not know the task; it goes back to the queue', {}),
  });

  function giveUp(job: Job, message: string, change: Parameters<typeof requeued>[1]): void {
    const { place, spec, sector } = job;
    if (place === undefined) return;
    log.warn({ task: spec.task, sector: sector.Number, host: place.worker.host }, message);
    metrics.finished(spec.task, 'lost', now() - place.since);
    jobStore.save(requeued(job, change));
    options.onQueued();
  }

  async function ask(id: string, lost: JobPlace): Promise<void> {
    const { url, host } = lost.worker;
    const session = registry.list().find((worker) => worker.url === url)?.session;
    const caller = registry.caller(url);
    if (session === undefined || caller === undefined) return;
    const running = await caller.call('RunningCalls', []).catch((error: unknown) => {
      if (!(error instanceof RpcError)) throw error;
      // A Lotus worker does not have the method. A worker that does not respond is asked again later.
      return error.failure === 'answer' ? [] : undefined;
    });
    const job = jobStore.jobs.get(id);
    if (running === undefined || job?.lost?.since !== lost.since) return;
    const { lost: _, ...rest } = job;
    if (!running.some(({ ID }) => ID.ID === lost.call)) jobStore.save(rest);
    else if (job.place === undefined) {
      log.info({ job: id, call: lost.call, host }, 'a lost worker returned and still runs the task');
      jobStore.save({ ...rest, place: { ...lost, worker: { ...lost.worker, session } } });
    } else {
      log.info({ job: id, call: lost.call, host }, 'a lost worker returned; its task was started elsewhere');
      dispatcher.cancel({ ...rest, place: lost });
      jobStore.save(rest);
    }
    options.onQueued();
  }

  return {
    expire() {
      for (const job of jobStore.jobs.values()) {
        const { place } = job;
        if (place === undefined) continue;
        const worker = registry.list().find(({ url }) => url === place.worker.url);
        const heard = Math.max(startedAt, registry.heardAt(place.worker.url) ?? 0);
        if (worker?.enabled !== true) {
          if (now() - heard > leaseMs)
            giveUp(job, 'worker lost: its task goes back to the queue', { lost: place });
          continue;
        }
        const unanswered = place.call === undefined && !dispatcher.isSending(job.id);
        if (unanswered || place.worker.session !== worker.session) lostCalls.look(job);
      }
    },
    meet() {
      for (const { id, lost } of jobStore.jobs.values()) {
        if (lost === undefined || meeting.has(id)) continue;
        if (!registry.list().some(({ url, enabled }) => enabled && url === lost.worker.url)) continue;
        meeting.add(id);
        ask(id, lost)
          .catch((error: unknown) =>
            log.error({ job: id, why: messageOf(error) }, 'cannot reconnect to a worker'),
          )
          .finally(() => meeting.delete(id));
      }
    },
  };
}
