import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import type { CallError, CallId } from '@sealctl/core/lotus/rpc-values';
import type { FailureCause } from '../pipeline/sector.ts';
import { isDatabaseError } from '../store/sqlite.ts';
import type { Dispatcher } from './dispatch.ts';
import { returnMethodOf, type Job } from './job.ts';
import type { SealingMetrics } from './metrics.ts';
import type { SectorSteps } from './sector-steps.ts';
import type { JobStore } from './job-store.ts';

/** Accepts the results of calls. A result counts once, however often it is delivered. */
export interface Results {
  readonly deliver: (method: string, call: CallId, value: unknown, error: CallError | null) => void;
  /** Ends a job that an operator stops; its step is retried later. */
  readonly stop: (job: Job, why: string) => void;
}

export interface ResultsOptions {
  readonly jobStore: JobStore;
  readonly steps: SectorSteps;
  readonly dispatcher: Dispatcher;
  readonly metrics: SealingMetrics;
  readonly now: () => number;
  readonly log: Logger;
}

/** The code of a call that ended with its worker's process. */
const restarted = 101;

export function makeResults({ jobStore, steps, dispatcher, metrics, now, log }: ResultsOptions): Results {
  /** Ends a job with a result and advances its sector. */
  function complete(job: Job, value: unknown, error: CallError | null, cause?: FailureCause): void {
    const { step, sector, place, spec } = job;
    const drop = (): void => jobStore.drop(job.id);
    const lasted = place === undefined ? 0 : now() - place.since;
    metrics.finished(spec.task, error === null ? 'done' : 'failed', lasted);
    log.info(
      { task: spec.task, sector: sector.Number, host: place?.worker.host, error: error?.Message },
      error === null ? 'task done' : 'task failed',
    );
    if (error !== null) {
      const failure = {
        kind: 'step-failed',
        step,
        error,
        cause: cause ?? failureCauseOf(job, error),
      } as const;
      // A worker that restarted or was stopping is not avoided: the task may succeed there.
      const isAvoided = place !== undefined && error.Code !== restarted && failure.cause !== 'operator';
      steps.dispatchEvent(
        sector.Number,
        { ...failure, ...(isAvoided ? { worker: place.worker.url } : {}) },
        drop,
      );
      return;
    }
    if (place !== undefined) jobStore.learn(job, lasted);
    try {
      steps.dispatchEvent(sector.Number, { kind: 'step-done', step, value }, drop);
    } catch (bad) {
      // The worker offers the result again until it is saved.
      if (isDatabaseError(bad)) throw bad;
      // A value of the wrong type counts as a failure of the task and ends the job.
      const failure = { Code: 0, Message: `the result cannot be read: ${messageOf(bad)}` };
      steps.dispatchEvent(sector.Number, { kind: 'step-failed', step, error: failure, cause: 'task' }, drop);
    }
  }

  /** Starts the task after a fetch; completes the job after any other call. */
  function take(job: Job, value: unknown, error: CallError | null): void {
    const { place } = job;
    if (place?.stage !== 'fetch' || error !== null) {
      complete(job, value, error);
      return;
    }
    jobStore.learnFetch(job, now() - place.since);
    const { call: _, ...rest } = place;
    const ready: Job = { ...job, place: { ...rest, stage: 'task', since: now() } };
    jobStore.save(ready);
    dispatcher.run(ready);
  }

  return {
    stop: (job, why) => complete(job, null, { Code: 0, Message: why }, 'operator'),
    deliver(method, call, value, error) {
      const jobs = [...jobStore.jobs.values()];
      const job =
        jobs.find(({ place }) => place?.call === call.ID) ??
        jobs.find(({ givenUp }) => givenUp.includes(call.ID)) ??
        jobs.find((candidate) => awaits(candidate, method, call));
      if (job === undefined) {
        log.info({ method, call: call.ID }, 'dropped a result that no job waits for');
        return;
      }
      if (job.givenUp.includes(call.ID) && job.place?.call !== call.ID) {
        // If the job runs on another worker now, that call counts. An error of an abandoned call is ignored.
        if (job.place !== undefined || error !== null) return;
      }
      take(job, value, error);
    },
  };
}

/** Whether this may be the result of a job whose call has no ID yet: the result can arrive before the response with the ID. */
function awaits({ place, sector, spec }: Job, method: string, call: CallId): boolean {
  if (place === undefined || place.call !== undefined) return false;
  if (sector.Number !== call.Sector.Number || sector.Miner !== call.Sector.Miner) return false;
  return method === (place.stage === 'fetch' ? 'ReturnFetch' : returnMethodOf(spec.method));
}

function failureCauseOf({ place, spec }: Job, { Code }: CallError): FailureCause {
  // 100 to 102: temporary, worker restarted, no free space. Fetches and moves fail because of machines and networks.
  if (Code >= 100 && Code <= 102) return 'infrastructure';
  return place?.stage === 'fetch' || spec.task === 'GET' ? 'infrastructure' : 'task';
}
