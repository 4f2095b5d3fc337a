import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import { parseGoDuration } from '@sealctl/core/lotus/go-value';
import { defaultResources } from '@sealctl/core/lotus/resource-table';
import type { CallError, CallId } from '@sealctl/core/lotus/rpc-values';
import { sealProofNumber, sectorSizeOfProof } from '@sealctl/core/lotus/seal-proof';
import type { CallStatus } from '@sealctl/core/lotus/sealing-values';
import type { SectorSize } from '@sealctl/core/lotus/sector-size';
import type { WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import type { MinerConfig } from '../config/keys.ts';
import type { Chain } from '../pipeline/chain.ts';
import type { LogEntry, Sector, SectorEvent } from '../pipeline/sector.ts';
import type { Decision } from '../schedule/decide.ts';
import type { SchedulePolicy } from '../schedule/snapshot.ts';
import type { SealingStore } from '../store/sealing-store.ts';
import type { StorageIndex } from '../storage-index.ts';
import type { WorkerRegistry } from '../worker-registry.ts';
import { callStatusOf } from './call-status.ts';
import { makeDispatcher } from './dispatch.ts';
import { requeued, type Job } from './job.ts';
import { makeLeases } from './leases.ts';
import { sectorsWithLostPieces } from './lost-pieces.ts';
import type { SealingMetrics } from './metrics.ts';
import { makeSchedulingCycles } from './scheduling-cycles.ts';
import { requireKey } from './read-back.ts';
import { makeResults } from './results.ts';
import { makeSectorSteps } from './sector-steps.ts';
import { openJobStore } from './job-store.ts';

export interface SealingOptions {
  readonly store: SealingStore;
  readonly registry: WorkerRegistry;
  readonly index: StorageIndex;
  readonly chain: Chain;
  readonly miner: number;
  readonly sectorSize: SectorSize;
  readonly config: Pick<MinerConfig, 'Storage' | 'Scheduler'>;
  /** URL of a spooled piece. */
  readonly pieceUrl: (source: string) => string;
  /** Deletes files of a sector on every path; rejects when a holder cannot. */
  readonly deleteFiles: (sector: Job['sector'], files: number) => Promise<void>;
  /** Called when a spooled piece is no longer needed. */
  readonly dropPiece: (source: string) => void;
  readonly metrics: SealingMetrics;
  readonly now: () => number;
  readonly log: Logger;
}

/** The sealing of one miner: sectors, their jobs, and the workers that run the jobs. */
export interface Sealing {
  /** Starts a sector without data and returns its number. */
  readonly pledge: () => number;
  /** Adds a spooled piece to an upgradable sector, one that waits for pieces, or a new one; returns the sector and the offset. */
  readonly addPiece: (source: string, size: number) => { readonly sector: number; readonly offset: number };
  /** Applies an operator's event to a sector; throws when the sector does not exist or the event does not apply to its state. */
  readonly request: (sector: number, event: SectorEvent) => void;
  /** Accepts a result; duplicate and early deliveries are allowed. */
  readonly deliver: (method: string, call: CallId, value: unknown, error: CallError | null) => void;
  /** The status of a worker's call. */
  readonly callStatus: (call: CallId, method: WorkerTaskMethod) => CallStatus;
  /** Stops the running call with the given UUID; its step is retried later. Throws when there is none. */
  readonly abort: (callId: string) => void;
  /** Removes a waiting job from the queue; its step is retried later. Throws when no job with that ID waits. */
  readonly removeRequest: (schedId: string) => void;
  readonly sectors: () => readonly Sector[];
  readonly sector: (number: number) => Sector | undefined;
  readonly jobs: () => readonly Job[];
  readonly logOf: (sector: number) => readonly LogEntry[];
  /** The first line of a sector's log. */
  readonly beginningOf: (sector: number) => readonly LogEntry[];
  /** Durations of the last finished tasks, in milliseconds by `CODE:proof`. */
  readonly finishedTimes: () => ReadonlyMap<string, readonly number[]>;
  /** The decision that a cycle would make now, which explains why tasks wait. */
  readonly consider: () => Decision;
  /** Requests a cycle soon. Every event that can let a task run calls it. */
  readonly nudge: () => void;
  readonly close: () => void;
}

/** Maximum interval between cycles, in case an event was missed. */
const safetyNetMs = 5_000;
/** Leases to wait for lost pieces: longer than for a task, since PC1 resumes on a host that was only rebooted. */
const leasesOfPieces = 4;
/** Time for which a worker that refused a job does not get it again. */
const avoidMs = 15_000;

/** Starts sealing and resumes all work in the store. */
export function startSealing(options: SealingOptions): Sealing {
  const { store, registry, index, miner, log, now, metrics } = options;
  const leaseMs = parseGoDuration(options.config.Scheduler.WorkerLease);
  const startedAt = now();
  const jobStore = openJobStore({ store, proof: sealProofNumber(options.sectorSize, 'V1_1'), now });
  const dispatcher = makeDispatcher({
    registry,
    now,
    log,
    job: (id) => jobStore.jobs.get(id),
    save: jobStore.save,
    refused: (job, why) => {
      const { sector, spec, place } = job;
      log.warn({ job: job.id, task: spec.task, sector: sector.Number, why }, 'a worker refused a task');
      const avoid = { url: place?.worker.url ?? '', until: now() + avoidMs };
      jobStore.save(requeued(job, { notBefore: now() + 1_000, avoid }));
      cycles.nudge();
    },
    fetched: (job) => dispatcher.run(job),
  });
  const cycles = makeSchedulingCycles({
    jobStore,
    registry,
    index,
    policy: policyOf(options.config),
    metrics,
    run: dispatcher.run,
    now,
    log,
  });
  const steps = makeSectorSteps({ ...options, jobStore, onStep: cycles.nudge });
  const results = makeResults({ jobStore, steps, dispatcher, metrics, now, log });
  const onQueued = cycles.nudge;
  const leases = makeLeases({ jobStore, registry, dispatcher, metrics, leaseMs, onQueued, now, log });

  function recoverPieces(): void {
    const silentMs = leaseMs * leasesOfPieces;
    if (now() - startedAt <= silentMs) return;
    for (const number of sectorsWithLostPieces({ jobStore, index, registry, miner, silentMs, now: now() })) {
      log.warn({ sector: number }, 'the pieces of a sector were lost with a worker; writing them again');
      steps.dispatchEvent(number, { kind: 'pieces-lost' });
    }
  }

  const net = setInterval(
    () => {
      // A temporary failure of the store must not end the miner: the next round retries.
      for (const round of [leases.expire, leases.meet, recoverPieces, cycles.nudge])
        try {
          round();
        } catch (error) {
          log.error({ why: messageOf(error) }, 'periodic maintenance failed');
        }
    },
    Math.min(safetyNetMs, leaseMs),
  );
  const unsubscribe = registry.onChange(() => {
    leases.meet();
    cycles.nudge();
  });
  for (const number of jobStore.sectors.keys()) steps.look(number);

  function placeOfLast(number: number): { sector: number; offset: number } {
    const sector = jobStore.sectors.get(number);
    const pieces = sector?.update?.pieces ?? sector?.pieces ?? [];
    return { sector: number, offset: pieces.slice(0, -1).reduce((sum, { size }) => sum + size, 0) };
  }

  return {
    pledge() {
      const number = jobStore.begin(false);
      steps.dispatchEvent(number, { kind: 'tick' });
      return number;
    },
    addPiece(source, size) {
      const event: SectorEvent = { kind: 'add-piece', piece: { size, source } };
      for (const state of ['Available', 'WaitDeals'] as const)
        for (const sector of jobStore.sectors.values()) {
          if (sector.state !== state) continue;
          try {
            steps.dispatchEvent(sector.number, event);
            return placeOfLast(sector.number);
          } catch (error) {
            log.debug({ sector: sector.number, why: messageOf(error) }, 'a piece does not fit');
          }
        }
      const number = jobStore.begin(true);
      steps.dispatchEvent(number, event);
      return placeOfLast(number);
    },
    request(number, event) {
      const sector = jobStore.sectors.get(number);
      if (sector !== undefined && event.kind === 'side-task' && event.sideTask === 'unseal')
        requireKey(sector, index, miner);
      steps.dispatchEvent(number, event);
    },
    deliver: results.deliver,
    callStatus: (call, method) => callStatusOf(jobStore, call, method),
    abort(callId) {
      const job = [...jobStore.jobs.values()].find(({ place }) => place?.call === callId);
      if (job === undefined) throw new Error(`no running call has the ID ${callId}`);
      dispatcher.cancel(job);
      results.stop(job, 'task aborted');
    },
    removeRequest(schedId) {
      const job = jobStore.jobs.get(schedId);
      if (job === undefined || job.place !== undefined)
        throw new Error(`no request ${schedId} waits in the queue`);
      results.stop(job, 'request removed');
    },
    sectors: () => [...jobStore.sectors.values()],
    jobs: () => [...jobStore.jobs.values()],
    sector: (number) => jobStore.sectors.get(number),
    beginningOf: (number) => store.logOf(number, 1),
    logOf: (number) => store.logOf(number),
    finishedTimes: () => store.finishedTimes(),
    consider: cycles.consider,
    nudge: cycles.nudge,
    close() {
      clearInterval(net);
      unsubscribe();
      steps.close();
      cycles.close();
    },
  };
}

function policyOf({ Storage, Scheduler }: SealingOptions['config']): SchedulePolicy {
  return {
    assigner: Storage.Assigner as SchedulePolicy['assigner'],
    patienceMs: parseGoDuration(Scheduler.Patience),
    bytesPerSecond: Scheduler.TransferRate * 2 ** 20,
    disallowRemoteFinalize: Storage.DisallowRemoteFinalize,
    defaultResources: (task, proof) => defaultResources(task, sectorSizeOfProof(proof) ?? '32GiB'),
  };
}
