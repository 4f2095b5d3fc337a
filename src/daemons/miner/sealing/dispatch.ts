import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import { RpcError } from '@sealctl/core/lotus/rpc-error';
import type { CallId } from '@sealctl/core/lotus/rpc-values';
import { taskNameOf } from '@sealctl/core/lotus/task-type';
import type { WorkerRegistry } from '../worker-registry.ts';
import type { Job } from './job.ts';

/** Sends jobs to their workers. Each call is stored before it is sent; its ID is stored once the worker returns it. */
export interface Dispatcher {
  /** Starts the current stage of a bound job. */
  readonly run: (job: Job) => void;
  /** Asks the worker to stop a job's call; does nothing for a worker that has no such method. */
  readonly cancel: (job: Job) => void;
  /** Whether the call of a job is being sent now. */
  readonly isSending: (id: string) => boolean;
}

export interface DispatcherOptions {
  readonly registry: WorkerRegistry;
  readonly now: () => number;
  readonly log: Logger;
  readonly job: (id: string) => Job | undefined;
  readonly save: (job: Job) => void;
  /** Called when the worker did not start the task; another worker may take the job. */
  readonly refused: (job: Job, why: string) => void;
  /** Called when the files are on the worker; the task itself can start. */
  readonly fetched: (job: Job) => void;
}

const callTimeoutMs = 30_000;

export function makeDispatcher(options: DispatcherOptions): Dispatcher {
  const { registry, log, now } = options;
  const sending = new Set<string>();

  async function send(job: Job): Promise<void> {
    const place = job.place!;
    const caller = registry.caller(place.worker.url);
    if (caller === undefined) return options.refused(job, 'the worker is not registered');
    const { spec } = job;
    const ref = { ID: job.sector, ProofType: job.proof };
    const fetch = spec.fetch;
    const [method, params] =
      place.stage === 'fetch' && fetch !== undefined
        ? (['Fetch', [ref, fetch.files, fetch.use, fetch.mode]] as const)
        : ([spec.method, spec.params] as const);
    let call: CallId;
    try {
      // An operator may have disabled the task type since the last poll of the worker.
      if (place.stage === 'fetch' || fetch === undefined) {
        const accepted = await registry.refresh(place.worker.url);
        if (!accepted.includes(taskNameOf(spec.task)))
          return options.refused(job, `it takes no ${spec.task} any more`);
      }
      if (!isCurrent(job)) return;
      call = (await caller.call(method, [...params], { timeoutMs: callTimeoutMs })) as CallId;
    } catch (error) {
      if (!isCurrent(job)) return;
      // A call that may have arrived is not sent again: either its result arrives, or the call counts as lost after a time.
      if (error instanceof RpcError && error.failure === 'timeout') {
        log.warn({ job: job.id, why: messageOf(error) }, 'a worker did not answer');
        return;
      }
      return options.refused(job, messageOf(error));
    }
    const current = options.job(job.id);
    // The result may have arrived before this response, and may have started another stage.
    if (
      current?.place === undefined ||
      current.place.call !== undefined ||
      current.place.since !== place.since
    )
      return;
    options.save({ ...current, place: { ...current.place, call: call.ID, since: now() } });
  }

  function isCurrent(job: Job): boolean {
    const current = options.job(job.id)?.place;
    return current !== undefined && current.call === undefined && current.since === job.place?.since;
  }

  return {
    run(job) {
      sending.add(job.id);
      send(job)
        .catch((error: unknown) => {
          log.error({ job: job.id, why: messageOf(error) }, 'cannot save the state of a call');
        })
        .finally(() => sending.delete(job.id));
    },
    cancel({ id, place, sector }) {
      const caller = place === undefined ? undefined : registry.caller(place.worker.url);
      if (caller === undefined || place?.call === undefined) return;
      caller
        .call('AbortCall', [{ Sector: sector, ID: place.call }], { timeoutMs: callTimeoutMs })
        .catch((error: unknown) => {
          log.info(
            { job: id, why: messageOf(error) },
            'the worker did not abort the call; its result will be dropped',
          );
        });
    },
    isSending: (id) => sending.has(id),
  };
}
