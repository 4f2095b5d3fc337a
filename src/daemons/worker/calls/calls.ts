import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import type { MinerReturnApi } from '@sealctl/core/lotus/miner-api';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import type { CallId } from '@sealctl/core/lotus/rpc-values';
import type { SectorId } from '@sealctl/core/lotus/sector-file';
import type { RunningCall, WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import type { ComputeProgress } from '../compute/job.ts';
import { TaskCanceled } from '../../base/task-canceled.ts';
import { deferred } from '@sealctl/core/async/deferred';
import { sleep } from '@sealctl/core/async/sleep';
import { callErrorOf } from './call-error.ts';
import type { CallJournal, CallOutcome, CallRecord } from './journal.ts';
import { deliveryOf } from './returns.ts';

/** Interval between attempts to deliver a result. Source: docs/spec/lotus.md section 8.8. */
export const deliveryIntervalMs = 5_000;

/** The input of the work of one call. */
export interface CallContext {
  readonly call: CallId;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ComputeProgress) => void;
}

/** The calls of a worker: accepted, running, ended and not yet acknowledged by the miner. */
export interface Calls {
  /** Accepts a call. Its record is on disk before the ID is returned and before the work begins. */
  readonly start: (
    method: WorkerTaskMethod,
    sector: SectorId,
    work: (context: CallContext) => Promise<unknown>,
  ) => Promise<CallId>;
  /** Delivers the undelivered results of an earlier process, and error 101 for the calls that it did not finish. */
  readonly recover: () => Promise<void>;
  readonly running: () => RunningCall[];
  /** Settles once no call runs, including calls that begin meanwhile. */
  readonly quiet: (signal?: AbortSignal) => Promise<void>;
  /** Settles once every result is acknowledged, or after `withinMs`; resolves with the number of undelivered results. */
  readonly delivered: (withinMs: number) => Promise<number>;
  /** Stops one running call; its result is an error. Returns false where no such call runs. */
  readonly abort: (id: string) => boolean;
  /** Stops all calls and accepts no more. The next process reports the calls that were still running. */
  readonly close: () => Promise<void>;
  /** Calls `listener` for each call that ends. */
  readonly onEnded: (listener: (method: WorkerTaskMethod, failed: boolean, seconds: number) => void) => void;
}

export interface CallsOptions {
  readonly journal: CallJournal;
  readonly client: RpcClient<MinerReturnApi>;
  /** Name of the worker in messages. */
  readonly name: string;
  readonly now: () => Date;
  readonly log: Logger;
}

interface Running {
  readonly record: CallRecord;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  progress?: ComputeProgress;
}

export function makeCalls({ journal, client, name, now, log }: CallsOptions): Calls {
  const running = new Map<string, Running>();
  const delivering = new Map<string, Promise<void>>();
  const closing = new AbortController();
  const listeners: ((method: WorkerTaskMethod, failed: boolean, seconds: number) => void)[] = [];

  async function perform(entry: Running, work: (context: CallContext) => Promise<unknown>): Promise<void> {
    const { record, stop } = entry;
    const begun = performance.now();
    const outcome = await work({
      call: record.call,
      signal: stop.signal,
      onProgress: (progress) => {
        entry.progress = progress;
      },
    }).then(
      (value): CallOutcome => ({ value: value ?? null, error: null }),
      (error: unknown): CallOutcome => ({ value: null, error: callErrorOf(error, name) }),
    );
    // The record of a call that is interrupted by the end of this process stays; the next process reports error 101.
    if (closing.signal.aborted && outcome.error !== null) return;
    const seconds = (performance.now() - begun) / 1000;
    const { call, method } = record;
    if (outcome.error === null) log.info({ call: call.ID, method, seconds }, 'task done');
    else log.error({ call: call.ID, method, seconds, error: outcome.error }, 'task failed');
    for (const listener of listeners) listener(method, outcome.error !== null, seconds);
    await store({ ...record, outcome });
    deliver(record, outcome);
  }

  /** Writes the record of a call. An error, such as a full disk, is only logged, so that the result is still delivered. */
  async function store(record: CallRecord): Promise<void> {
    try {
      await journal.write(record);
    } catch (error) {
      log.error({ call: record.call.ID, why: messageOf(error) }, 'cannot write a result to the repo');
    }
  }

  function deliver(record: CallRecord, outcome: CallOutcome): void {
    const { method, params } = deliveryOf(record, outcome);
    const { ID } = record.call;
    const offer = async (): Promise<void> => {
      for (let complained = false; ;) {
        try {
          await client.call(method, params as never, { signal: closing.signal });
          await journal.forget(ID);
          return;
        } catch (error) {
          if (closing.signal.aborted) return;
          if (!complained)
            log.warn({ call: ID, method, why: messageOf(error) }, 'result delivery failed; retrying');
          complained = true;
        }
        await sleep(deliveryIntervalMs, closing.signal);
      }
    };
    const offering = offer()
      .catch((error: unknown) => log.debug({ call: ID, why: messageOf(error) }, 'delivery ended'))
      .finally(() => delivering.delete(ID));
    delivering.set(ID, offering);
  }

  return {
    async start(method, sector, work) {
      if (closing.signal.aborted) throw new Error('the worker is closing and takes no more tasks');
      const call: CallId = { Sector: sector, ID: randomUUID() };
      const record: CallRecord = { call, method, startedAt: now().toISOString() };
      await journal.write(record);
      log.info({ call: call.ID, method, sector: sector.Number }, 'task started');
      const stop = new AbortController();
      const begun = deferred();
      const entry: Running = {
        record,
        stop,
        ended: begun.promise.then(() => perform(entry, work)).finally(() => running.delete(call.ID)),
      };
      running.set(call.ID, entry);
      begun.resolve();
      return call;
    },
    async recover() {
      for (const record of await journal.read()) {
        if (running.has(record.call.ID)) continue;
        const restarted = { Code: 101, Message: `worker [name: ${name}] restarted` };
        const outcome = record.outcome ?? { value: null, error: restarted };
        if (record.outcome === undefined) await journal.write({ ...record, outcome });
        log.info(
          { call: record.call.ID, method: record.method, error: outcome.error },
          'delivering results of an earlier run',
        );
        deliver(record, outcome);
      }
    },
    running: () =>
      [...running.values()].map(({ record, progress }) => ({
        ID: record.call,
        Method: record.method,
        StartedAt: record.startedAt,
        Progress:
          progress === undefined
            ? null
            : { Stage: progress.stage, Done: progress.done, Total: progress.total },
      })),
    async quiet(signal) {
      while (running.size > 0) {
        const ends = Promise.allSettled([...running.values()].map(({ ended }) => ended));
        await (signal === undefined ? ends : Promise.race([ends, aborted(signal)]));
      }
    },
    async delivered(withinMs) {
      const limit = AbortSignal.timeout(withinMs);
      while (delivering.size > 0 && !limit.aborted)
        await Promise.race([Promise.allSettled(delivering.values()), aborted(limit).catch(() => undefined)]);
      return delivering.size;
    },
    abort(id) {
      const entry = running.get(id);
      entry?.stop.abort(new TaskCanceled('task aborted'));
      return entry !== undefined;
    },
    async close() {
      closing.abort(new Error('the worker is stopping'));
      for (const { stop } of running.values()) stop.abort(new Error('the worker is stopping'));
      await Promise.allSettled([...[...running.values()].map(({ ended }) => ended), ...delivering.values()]);
    },
    onEnded: (listener) => void listeners.push(listener),
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('given up'));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}
