import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import { decide, type Assignment, type Decision } from '../schedule/decide.ts';
import type { SchedulePolicy } from '../schedule/snapshot.ts';
import type { StorageIndex } from '../storage-index.ts';
import type { RegisteredWorker, WorkerRegistry } from '../worker-registry.ts';
import type { Job, JobPlace } from './job.ts';
import type { SealingMetrics } from './metrics.ts';
import { makeEndedTasks } from '../schedule/fairness.ts';
import { snapshotOf } from './snapshot-of.ts';
import type { JobStore } from './job-store.ts';

/** Scheduling cycles: each binds the tasks that can run to workers and sends them. */
export interface SchedulingCycles {
  /** Requests a cycle soon; several requests result in one cycle. */
  readonly nudge: () => void;
  /** The decision that a cycle would make now. */
  readonly consider: () => Decision;
  readonly close: () => void;
}

export interface SchedulingCyclesOptions {
  readonly jobStore: JobStore;
  readonly registry: WorkerRegistry;
  readonly index: StorageIndex;
  readonly policy: SchedulePolicy;
  readonly metrics: SealingMetrics;
  /** Sends a job that has just been bound. */
  readonly run: (job: Job) => void;
  readonly now: () => number;
  readonly log: Logger;
}

/** Time after a start in which nothing is assigned, so that workers can register again. Source: docs/spec/lotus.md section 8.8. */
const graceMs = 3_000;
/** The pause after a cycle as a multiple of the cycle's duration, so that cycles never use a whole CPU. */
const restFactor = 4;

export function makeSchedulingCycles(options: SchedulingCyclesOptions): SchedulingCycles {
  const { jobStore, registry, index, policy, metrics, now, log } = options;
  const startedAt = now();
  const ended = makeEndedTasks();
  let soon: NodeJS.Timeout | undefined;
  let restUntil = 0;
  let closed = false;

  const decision = (): Decision =>
    decide(
      snapshotOf({
        registry,
        index,
        jobs: [...jobStore.jobs.values()],
        durations: jobStore.durations,
        ended: ended.byKind,
        now: now(),
      }),
      policy,
    );

  function runCycle(): void {
    if (now() - startedAt < graceMs) return;
    const jobs = [...jobStore.jobs.values()];
    ended.observe(
      jobs.flatMap((job) => (job.place === undefined ? [] : { ...job, task: job.spec.task })),
      now(),
    );
    if (jobs.every(({ place }) => place !== undefined)) return;
    const begun = performance.now();
    const { assignments } = decision();
    metrics.cycleEnded(performance.now() - begun);
    bind(assignments);
    const done = performance.now();
    restUntil = done + (done - begun) * restFactor;
  }

  /** Saves all assignments in one transaction, then sends them. */
  function bind(assignments: readonly Assignment[]): void {
    if (assignments.length === 0) return;
    const bySession = new Map(registry.list().map((worker) => [worker.session, worker]));
    const bound = assignments.flatMap((assignment) => {
      const job = jobStore.jobs.get(assignment.taskId);
      const worker = bySession.get(assignment.workerId);
      return job === undefined || worker === undefined ? [] : boundTo(worker, job, assignment, now());
    });
    jobStore.atomically(() => {
      for (const job of bound) jobStore.save(job);
    });
    for (const job of bound) {
      const { host } = job.place.worker;
      const { moveBytes } = job.place;
      log.info({ task: job.spec.task, sector: job.sector.Number, host, moveBytes }, 'task assigned');
      options.run(job);
    }
  }

  function nudge(): void {
    if (soon !== undefined || closed) return;
    soon = setTimeout(
      () => {
        soon = undefined;
        try {
          if (!closed) runCycle();
        } catch (error) {
          log.error({ why: messageOf(error) }, 'a scheduling cycle failed; the next one retries');
        }
      },
      Math.max(0, restUntil - performance.now()),
    );
  }

  const afterGrace = setTimeout(nudge, graceMs + 1);
  return {
    nudge,
    consider: decision,
    close() {
      closed = true;
      clearTimeout(afterGrace);
      clearTimeout(soon);
    },
  };
}

/** The job as bound to the assigned worker. */
function boundTo(
  { url, session, info }: RegisteredWorker,
  job: Job,
  { reservations, moveBytes, moveMs }: Assignment,
  at: number,
): Job & { readonly place: JobPlace } {
  return {
    ...job,
    place: {
      worker: { url, session, host: info.Hostname },
      stage: job.spec.fetch === undefined ? 'task' : 'fetch',
      assignedAt: at,
      since: at,
      reservations,
      moveBytes,
      moveMs,
    },
  };
}
