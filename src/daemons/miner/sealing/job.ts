import type { Step } from '../pipeline/step-name.ts';
import type { Deletion, TaskSpec } from '../pipeline/task-spec.ts';
import type { Assignment } from '../schedule/decide.ts';
import type { ActiveTask, AvoidedSession, QueuedTask } from '../schedule/snapshot.ts';
import { avoidedFor } from '../pipeline/avoided-worker.ts';
import { hasData, type Sector } from '../pipeline/sector.ts';
import type { SectorId } from '@sealctl/core/lotus/sector-file';
import type { WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';

/** One step of one sector, from the time it is queued until its result is stored. Times are milliseconds. */
export interface Job {
  /** The UUID that Lotus calls SchedId. */
  readonly id: string;
  readonly sector: SectorId;
  readonly proof: number;
  readonly step: Step;
  readonly spec: TaskSpec;
  /** 1024 for sectors with data, else 0. */
  readonly priority: number;
  readonly queuedAt: number;
  readonly notBefore?: number;
  /** A worker that refused the job, and the time until which it does not get the job again. */
  readonly avoid?: { readonly url: string; readonly until: number };
  /** A worker on which the step failed before. Until the given time, another worker that can take the job is preferred. */
  readonly preferAvoid?: { readonly url: string; readonly until: number };
  /** The worker and call that run the job; absent while it waits. */
  readonly place?: JobPlace;
  /** The worker and call that ran the job when the lease expired. The worker gets the job again only after it was asked about that call. */
  readonly lost?: JobPlace;
  /** Abandoned calls. If the result of one arrives while the job waits, it is accepted. */
  readonly givenUp: readonly string[];
}

export interface JobPlace {
  readonly worker: WorkerName;
  readonly stage: 'fetch' | 'task';
  /** The worker's ID of the running call; absent until the worker has returned it. */
  readonly call?: string;
  readonly assignedAt: number;
  /** Start time of this stage. */
  readonly since: number;
  /** Reserved space; absent in jobs of older miners. */
  readonly reservations?: Assignment['reservations'];
  readonly moveBytes: number;
  readonly moveMs: number;
}

/** A worker as a job remembers it: the URL outlives a restart of the worker, the session does not. */
export interface WorkerName {
  readonly url: string;
  readonly session: string;
  readonly host: string;
}

/** A new job for a step of a sector. */
export function newJob(
  id: string,
  miner: number,
  sector: Sector,
  step: Step,
  spec: TaskSpec,
  now: number,
): Job {
  const preferAvoid = avoidedFor(sector, step);
  return {
    id,
    sector: { Miner: miner, Number: sector.number },
    proof: sector.proof,
    step,
    spec,
    priority: hasData(sector) ? 1024 : 0,
    queuedAt: now,
    ...(preferAvoid === undefined
      ? {}
      : { preferAvoid: { url: preferAvoid.worker, until: preferAvoid.until } }),
    givenUp: [],
  };
}

/** The job as queued again, with its running call abandoned. */
export function requeued(
  job: Job,
  change: { notBefore?: number; avoid?: Job['avoid']; lost?: JobPlace } = {},
): Job {
  const { place, notBefore: _, avoid: __, ...rest } = job;
  const call = place?.stage === 'task' ? place.call : undefined;
  return {
    ...rest,
    ...(change.notBefore === undefined ? {} : { notBefore: change.notBefore }),
    ...(change.avoid === undefined ? {} : { avoid: change.avoid }),
    ...(change.lost === undefined ? {} : { lost: change.lost }),
    givenUp: call === undefined ? rest.givenUp : [...rest.givenUp, call],
  };
}

/**
 * A waiting job as the scheduler's type. `sessionsOf` returns the sessions of the workers at a URL; `lasts` is the usual duration of such
 * tasks.
 */
export function queuedTaskOf(
  job: Job,
  now: number,
  sessionsOf: (url: string) => readonly string[],
  lasts: number,
): QueuedTask {
  const { spec, avoid, lost } = job;
  const avoided: AvoidedSession[] = [];
  if (avoid !== undefined && avoid.until > now)
    for (const worker of sessionsOf(avoid.url)) avoided.push({ worker, until: avoid.until });
  if (lost !== undefined) for (const worker of sessionsOf(lost.worker.url)) avoided.push({ worker });
  const preferAvoid: AvoidedSession[] =
    job.preferAvoid === undefined || job.preferAvoid.until <= now
      ? []
      : sessionsOf(job.preferAvoid.url).map((worker) => ({ worker }));
  return {
    id: job.id,
    sector: job.sector,
    proof: job.proof,
    task: spec.task,
    priority: job.priority,
    queuedAt: job.queuedAt,
    ...(job.notBefore === undefined ? {} : { notBefore: job.notBefore }),
    ...(avoided.length === 0 ? {} : { avoid: avoided }),
    ...(preferAvoid.length === 0 ? {} : { preferAvoid: preferAvoid }),
    lasts,
    need: spec.need,
    ...(spec.fetch === undefined ? {} : { fetch: spec.fetch }),
    locks: spec.locks,
  };
}

/** A job on its worker as the scheduler's type. `lasts` is the usual duration of such tasks. */
export function activeTaskOf(job: Job, place: JobPlace, lasts: number): ActiveTask {
  const running = place.stage === 'task' && place.call !== undefined;
  return {
    id: job.id,
    sector: job.sector,
    task: job.spec.task,
    proof: job.proof,
    priority: job.priority,
    queuedAt: job.queuedAt,
    stage: place.stage === 'fetch' ? 'preparing' : 'running',
    locks: job.spec.locks,
    reservations: (place.reservations ?? []).map((reservation) => ({
      ...reservation,
      seenAfter: running ? place.since : Infinity,
    })),
    endsAt: place.since + lasts + (place.stage === 'fetch' ? place.moveMs : 0),
  };
}

/** The name of the method that delivers the result of a worker's method. */
export function returnMethodOf(method: WorkerTaskMethod): string {
  return method === 'DownloadSectorData' ? 'ReturnDownloadSector' : `Return${method}`;
}

/** Whether the miner itself does a step. */
export function isDeletion(spec: TaskSpec | Deletion): spec is Deletion {
  return 'deletes' in spec;
}
