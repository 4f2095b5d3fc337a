import type { Logger } from 'pino';
import { messageOf } from '../../problem/problem.ts';
import { decide, type Assignment, type Decision } from '../schedule/decide.ts';
import type { SchedulePolicy } from '../schedule/snapshot.ts';
import type { StorageIndex } from '../storage-index.ts';
import type { WorkerRegistry } from '../worker-registry.ts';
import type { Job } from './job.ts';
import type { SealingMetrics } from './metrics.ts';
import { snapshotOf } from './snapshot-of.ts';
import type { WorkBook } from './work-book.ts';

/** Scheduling passes: what can run is bound to a worker and sent. */
export interface Passes {
  /** Asks for a pass soon; many asks make one pass. */
  readonly poke: () => void;
  /** What would be decided now. */
  readonly consider: () => Decision;
  readonly close: () => void;
}

export interface PassesOptions {
  readonly book: WorkBook;
  readonly registry: WorkerRegistry;
  readonly index: StorageIndex;
  readonly policy: SchedulePolicy;
  readonly metrics: SealingMetrics;
  /** Sends a job that was bound just now. */
  readonly run: (job: Job) => void;
  readonly now: () => number;
  readonly log: Logger;
}

/** Nothing is assigned before workers had time to come back after a start. Source: storage/sealer/sched.go, InitWait. */
const graceMs = 3_000;

export function makePasses(options: PassesOptions): Passes {
  const { book, registry, index, policy, metrics, now, log } = options;
  const startedAt = now();
  let soon: NodeJS.Immediate | undefined;
  let closed = false;

  const decision = (): Decision =>
    decide(
      snapshotOf({ registry, index, jobs: [...book.jobs.values()], durations: book.durations, now: now() }),
      policy,
    );

  function pass(): void {
    if (now() - startedAt < graceMs) return;
    if ([...book.jobs.values()].every(({ place }) => place !== undefined)) return;
    const begun = performance.now();
    const { assignments } = decision();
    metrics.passed(performance.now() - begun);
    for (const assignment of assignments) bind(assignment);
  }

  function bind({ taskId, workerId, room, moveBytes, moveMs }: Assignment): void {
    const job = book.jobs.get(taskId);
    const worker = registry.list().find(({ session }) => session === workerId);
    if (job === undefined || worker === undefined) return;
    const host = worker.info.Hostname;
    const bound: Job = {
      ...job,
      place: {
        worker: { url: worker.url, session: worker.session, host },
        stage: job.work.fetch === undefined ? 'task' : 'fetch',
        assignedAt: now(),
        since: now(),
        ...(room === undefined ? {} : { room }),
        moveBytes,
        moveMs,
      },
    };
    book.save(bound);
    log.info({ task: job.work.task, sector: job.sector.Number, host, moveBytes }, 'task assigned');
    options.run(bound);
  }

  function poke(): void {
    if (soon !== undefined || closed) return;
    soon = setImmediate(() => {
      soon = undefined;
      try {
        if (!closed) pass();
      } catch (error) {
        log.error({ why: messageOf(error) }, 'a pass failed; the next one tries again');
      }
    });
  }

  const afterGrace = setTimeout(poke, graceMs + 1);
  return {
    poke,
    consider: decision,
    close() {
      closed = true;
      clearTimeout(afterGrace);
      clearImmediate(soon);
    },
  };
}
