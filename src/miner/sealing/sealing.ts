import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { messageOf } from '../../problem/problem.ts';
import { parseGoDuration } from '../../lotus/go-value.ts';
import { defaultResources } from '../../lotus/resource-table.ts';
import type { CallError, CallId } from '../../lotus/rpc-values.ts';
import { sealProofNumber, sectorSizeOfProof } from '../../lotus/seal-proof.ts';
import type { SectorSize } from '../../lotus/sector-size.ts';
import type { MinerConfig } from '../config/keys.ts';
import type { Chain } from '../pipeline/chain.ts';
import { newSector, type LogEntry, type Sector, type SectorEvent } from '../pipeline/sector.ts';
import { stepSector, wantedStep } from '../pipeline/step.ts';
import { workOf, type WorkContext } from '../pipeline/work.ts';
import { decide, type Decision } from '../schedule/decide.ts';
import type { SchedulePolicy, Snapshot } from '../schedule/snapshot.ts';
import type { SealingStore } from '../store/sealing-store.ts';
import type { StorageIndex } from '../storage-index.ts';
import type { WorkerRegistry } from '../worker-registry.ts';
import { makeDispatcher } from './dispatch.ts';
import { makeLostCalls } from './lost-calls.ts';
import { isDeletion, newJob, requeued, returnMethodOf, type Job } from './job.ts';
import type { SealingMetrics } from './metrics.ts';
import { snapshotOf } from './snapshot-of.ts';

export interface SealingOptions {
  readonly store: SealingStore;
  readonly registry: WorkerRegistry;
  readonly index: StorageIndex;
  readonly chain: Chain;
  readonly miner: number;
  readonly sectorSize: SectorSize;
  readonly config: Pick<MinerConfig, 'Storage' | 'Scheduler'>;
  /** Where the bytes of a spooled piece can be had. */
  readonly pieceUrl: (source: string) => string;
  /** Deletes files of a sector wherever they are; rejects when one holder could not. */
  readonly deleteFiles: (sector: Job['sector'], files: number) => Promise<void>;
  /** A spooled piece is needed no more. */
  readonly dropPiece: (source: string) => void;
  readonly metrics: SealingMetrics;
  readonly now: () => number;
  readonly log: Logger;
}

/** The sealing of one miner: sectors, the work they want, and the workers it goes to. */
export interface Sealing {
  /** Starts a sector without data and answers its number. */
  readonly pledge: () => number;
  /** Puts a spooled piece into an upgradable sector, one that waits for pieces, or a new one; answers the sector and the offset. */
  readonly addPiece: (source: string, size: number) => { readonly sector: number; readonly offset: number };
  /** Hands an event of an operator to a sector; throws when there is none or it is not in a state for it. */
  readonly request: (sector: number, event: SectorEvent) => void;
  /** Takes a result; every delivery is right, twice or early as it may come. */
  readonly deliver: (method: string, call: CallId, value: unknown, error: CallError | null) => void;
  /** Fails the running call whose UUID is given. Throws when there is none. */
  readonly abort: (callId: string) => void;
  /** Takes a waiting job out of the queue: its step fails. Throws when none waits under that id. */
  readonly removeRequest: (schedId: string) => void;
  readonly sectors: () => readonly Sector[];
  readonly jobs: () => readonly Job[];
  readonly logOf: (sector: number) => readonly LogEntry[];
  /** How long the last finished tasks took, in milliseconds by `CODE:proof`. */
  readonly finishedTimes: () => ReadonlyMap<string, readonly number[]>;
  /** What would be decided now, to explain what waits. */
  readonly consider: () => Decision;
  /** Asks for a pass soon; every event that can let a task run does. */
  readonly poke: () => void;
  readonly close: () => void;
}

/** A pass at least this often, should an event have been missed. */
const safetyNetMs = 5_000;
/** Nothing is assigned before workers had time to come back after a start. Source: storage/sealer/sched.go, InitWait. */
const graceMs = 3_000;
/** How long a worker that refused a job is not asked again. */
const avoidMs = 15_000;

/** Takes up all work where the store left it. */
export function startSealing(options: SealingOptions): Sealing {
  const { store, registry, index, chain, miner, log, now, metrics } = options;
  const sectors = new Map(store.sectors().map((sector) => [sector.number, sector]));
  const jobs = new Map(store.jobs().map((job) => [job.id, job]));
  const durations = store.durations();
  const leaseMs = parseGoDuration(options.config.Scheduler.WorkerLease);
  const startedAt = now();
  const policy: SchedulePolicy = {
    assigner: options.config.Storage.Assigner as SchedulePolicy['assigner'],
    patienceMs: parseGoDuration(options.config.Scheduler.Patience),
    bytesPerSecond: options.config.Scheduler.TransferRate * 2 ** 20,
    disallowRemoteFinalize: options.config.Storage.DisallowRemoteFinalize,
    defaultResources: (task, proof) => defaultResources(task, sectorSizeOfProof(proof) ?? '32GiB'),
  };
  const context: WorkContext = {
    miner,
    pieceUrl: options.pieceUrl,
    useOf: (sector, files) =>
      index.findSector(sector, files, 0, false).some(({ CanSeal }) => CanSeal) ? 'sealing' : 'storage',
  };
  let closed = false;
  let pokeTimer: NodeJS.Immediate | undefined;
  const wakes = new Map<number, number>();
  const deleting = new Set<number>();

  const dispatcher = makeDispatcher({
    registry,
    now,
    log,
    job: (id) => jobs.get(id),
    save: (job) => save(job),
    refused: (job, why) => {
      log.warn(
        { job: job.id, task: job.work.task, sector: job.sector.Number, why },
        'a worker refused a task',
      );
      const url = job.place?.worker.url ?? '';
      save(requeued(job, { notBefore: now() + 1_000, avoid: { url, until: now() + avoidMs } }));
      poke();
    },
    fetched: (job) => dispatcher.run(job),
  });

  function save(job: Job): void {
    jobs.set(job.id, job);
    store.saveJob(job);
  }

  function drop(id: string): void {
    jobs.delete(id);
    store.dropJob(id);
  }

  /** Steps a sector and brings its one job in line with what it wants; all of it is durable when this returns. */
  function feed(number: number, event: SectorEvent, change: () => void = () => undefined): void {
    store.atomically(() => {
      change();
      const before = sectors.get(number);
      if (before === undefined) throw new Error(`there is no sector ${number}`);
      const { sector, log: lines, wants, wakeAt } = stepSector(before, event, chain, now());
      if (sector !== before) store.saveSector(sector);
      store.appendLog(number, lines);
      sectors.set(number, sector);
      if (wakeAt === undefined) wakes.delete(number);
      else wakes.set(number, wakeAt);
      want(sector, wants);
    });
    const sector = sectors.get(number);
    if (sector !== undefined && (sector.state === 'Proving' || sector.state === 'Removed'))
      for (const { source } of [...sector.pieces, ...(sector.update?.pieces ?? [])])
        if (source !== undefined) options.dropPiece(source);
    poke();
  }

  function want(sector: Sector, step: string | undefined): void {
    for (const job of jobs.values())
      if (job.sector.Number === sector.number && job.step !== step) drop(job.id);
    if (step === undefined || [...jobs.values()].some((job) => job.sector.Number === sector.number)) return;
    const work = workOf(sector, step, context);
    if (isDeletion(work)) {
      void deleteFor(sector.number, step, work.deletes);
      return;
    }
    if (isNeedless(sector, step)) {
      setImmediate(() => finish(sector.number, step, null));
      return;
    }
    save(newJob(randomUUID(), miner, sector, step, work, now()));
  }

  /** Steps on files that are nowhere, such as releasing unsealed data that is gone already. */
  function isNeedless(sector: Sector, step: string): boolean {
    if (step !== 'FUS' && step !== 'store-unsealed') return false;
    return index.findSector({ Miner: miner, Number: sector.number }, 1, 0, false).length === 0;
  }

  function finish(number: number, step: string, value: unknown): void {
    if (closed) return;
    const sector = sectors.get(number);
    if (sector !== undefined && wantedStep(sector, Infinity) === step)
      feed(number, { kind: 'step-done', step, value });
  }

  async function deleteFor(number: number, step: string, files: number): Promise<void> {
    if (deleting.has(number)) return;
    deleting.add(number);
    try {
      await options.deleteFiles({ Miner: miner, Number: number }, files);
      deleting.delete(number);
      finish(number, step, null);
    } catch (error) {
      deleting.delete(number);
      if (closed) return;
      const failure = { Code: 100, Message: messageOf(error) };
      feed(number, { kind: 'step-failed', step, error: failure, blame: 'infrastructure' });
    }
  }

  function complete(job: Job, value: unknown, error: CallError | null): void {
    const { step, sector } = job;
    const place = job.place;
    metrics.finished(
      job.work.task,
      error === null ? 'done' : 'failed',
      place === undefined ? 0 : now() - place.since,
    );
    log.info(
      { task: job.work.task, sector: sector.Number, host: place?.worker.host, error: error?.Message },
      error === null ? 'task done' : 'task failed',
    );
    if (error === null) {
      if (place !== undefined) learn(job, now() - place.since);
      try {
        feed(sector.Number, { kind: 'step-done', step, value }, () => drop(job.id));
      } catch (bad) {
        // A value that is not what the step promises is the worker's failure; the job is dropped with it.
        const failure = { Code: 0, Message: `the result cannot be read: ${messageOf(bad)}` };
        feed(sector.Number, { kind: 'step-failed', step, error: failure, blame: 'work' }, () => drop(job.id));
      }
      return;
    }
    const blame = blameOf(job, error);
    feed(sector.Number, { kind: 'step-failed', step, error, blame }, () => drop(job.id));
  }

  function learn(job: Job, lasted: number): void {
    const key = `${job.work.task}:${job.proof}`;
    const known = durations.get(key);
    const estimate = known === undefined ? lasted : known * 0.7 + lasted * 0.3;
    durations.set(key, estimate);
    store.saveDuration(key, estimate);
    store.noteFinished(key, lasted);
  }

  function poke(): void {
    if (pokeTimer !== undefined || closed) return;
    pokeTimer = setImmediate(() => {
      pokeTimer = undefined;
      if (!closed) pass();
    });
  }

  function takeSnapshot(): Snapshot {
    return snapshotOf({ registry, index, jobs: [...jobs.values()], durations, now: now() });
  }

  /** One scheduling pass: what can run is bound and sent. */
  function pass(): void {
    if (now() - startedAt < graceMs) return;
    const snapshot = takeSnapshot();
    if (snapshot.queue.length === 0) return;
    const begun = performance.now();
    const { assignments } = decide(snapshot, policy);
    metrics.passed(performance.now() - begun);
    for (const assignment of assignments) {
      const job = jobs.get(assignment.taskId);
      const worker = registry.list().find(({ session }) => session === assignment.workerId);
      if (job === undefined || worker === undefined) continue;
      const bound: Job = {
        ...job,
        place: {
          worker: { url: worker.url, session: worker.session, host: worker.info.Hostname },
          stage: job.work.fetch === undefined ? 'task' : 'fetch',
          assignedAt: now(),
          since: now(),
          ...(assignment.room === undefined ? {} : { room: assignment.room }),
          moveBytes: assignment.moveBytes,
          moveMs: assignment.moveMs,
        },
      };
      save(bound);
      log.info(
        {
          task: job.work.task,
          sector: job.sector.Number,
          host: worker.info.Hostname,
          moveBytes: assignment.moveBytes,
        },
        'task assigned',
      );
      dispatcher.run(bound);
    }
  }

  const lostCalls = makeLostCalls({
    registry,
    now,
    log,
    job: (id) => jobs.get(id),
    isClaimed: (call) => [...jobs.values()].some(({ place }) => place?.call === call),
    save,
    gone: (job) => giveUp(job, 'the worker knows nothing of the task: it goes back to the queue'),
  });

  function giveUp(job: Job, message: string): void {
    const { place } = job;
    if (closed || place === undefined) return;
    log.warn({ task: job.work.task, sector: job.sector.Number, host: place.worker.host }, message);
    metrics.finished(job.work.task, 'lost', now() - place.since);
    save(requeued(job));
    poke();
  }

  /** Gives up what runs on workers that were not heard of for a lease, and looks after calls it lost sight of. */
  function expire(): void {
    for (const job of jobs.values()) {
      const { place } = job;
      if (place === undefined) continue;
      const worker = registry.list().find(({ url }) => url === place.worker.url);
      const heard = Math.max(startedAt, registry.heardAt(place.worker.url) ?? 0);
      if (worker?.enabled !== true) {
        if (now() - heard > leaseMs) giveUp(job, 'worker lost: its task goes back to the queue');
        continue;
      }
      const unanswered = place.call === undefined && !dispatcher.isSending(job.id);
      if (unanswered || place.worker.session !== worker.session) lostCalls.look(job);
    }
  }

  const timer = setInterval(() => {
    for (const [number, at] of wakes) if (at <= now()) feed(number, { kind: 'tick' });
  }, 100);
  const net = setInterval(
    () => {
      expire();
      poke();
    },
    Math.min(safetyNetMs, leaseMs),
  );
  const unsubscribe = registry.onChange(poke);
  for (const number of sectors.keys()) feed(number, { kind: 'tick' });
  const afterGrace = setTimeout(poke, graceMs + 1);

  const sealing: Sealing = {
    pledge() {
      const number = begin(false);
      feed(number, { kind: 'tick' });
      return number;
    },
    addPiece(source, size) {
      const event: SectorEvent = { kind: 'add-piece', piece: { size, source } };
      for (const state of ['Available', 'WaitDeals'] as const)
        for (const sector of sectors.values()) {
          if (sector.state !== state) continue;
          try {
            feed(sector.number, event);
            return placeOfLast(sector.number);
          } catch (error) {
            log.debug({ sector: sector.number, why: messageOf(error) }, 'a piece does not fit');
          }
        }
      const number = begin(true);
      feed(number, event);
      return placeOfLast(number);
    },
    request: (number, event) => feed(number, event),
    deliver(method, call, value, error) {
      const job = [...jobs.values()].find(
        ({ place, givenUp }) => place?.call === call.ID || givenUp.includes(call.ID),
      );
      if (job === undefined) {
        const early = [...jobs.values()].find((candidate) => awaits(candidate, method, call));
        if (early === undefined) {
          log.info({ method, call: call.ID }, 'a result arrived that nobody waits for');
          return;
        }
        take(early, value, error);
        return;
      }
      // Given up, and begun elsewhere since: the later one counts, and nothing is taken twice.
      if (job.place !== undefined && job.place.call !== call.ID) return;
      if (job.place === undefined && error !== null) return;
      take(job, value, error);
    },
    abort(callId) {
      const job = [...jobs.values()].find(({ place }) => place?.call === callId);
      if (job === undefined) throw new Error(`no running call has the ID ${callId}`);
      dispatcher.cancel(job);
      complete(job, null, { Code: 0, Message: 'task aborted' });
    },
    removeRequest(schedId) {
      const job = jobs.get(schedId);
      if (job === undefined || job.place !== undefined)
        throw new Error(`no request ${schedId} waits in the queue`);
      complete(job, null, { Code: 0, Message: 'request removed' });
    },
    sectors: () => [...sectors.values()],
    jobs: () => [...jobs.values()],
    logOf: (number) => store.logOf(number),
    finishedTimes: () => store.finishedTimes(),
    consider: () => decide(takeSnapshot(), policy),
    poke,
    close() {
      closed = true;
      clearInterval(timer);
      clearInterval(net);
      clearTimeout(afterGrace);
      clearImmediate(pokeTimer);
      unsubscribe();
    },
  };
  return sealing;

  function begin(forData: boolean): number {
    let number = 0;
    store.atomically(() => {
      number = store.takeNumber();
      const proof = sealProofNumber(options.sectorSize, 'V1_1');
      const sector = newSector(number, proof, forData, now());
      store.saveSector(sector);
      store.appendLog(number, [
        { at: now(), kind: 'start', message: forData ? 'for data' : 'committed capacity' },
      ]);
      sectors.set(number, sector);
    });
    return number;
  }

  function placeOfLast(number: number): { sector: number; offset: number } {
    const sector = sectors.get(number);
    const pieces = sector?.update?.pieces ?? sector?.pieces ?? [];
    return { sector: number, offset: pieces.slice(0, -1).reduce((sum, { size }) => sum + size, 0) };
  }

  function awaits(job: Job, method: string, call: CallId): boolean {
    const { place, sector } = job;
    if (place === undefined || place.call !== undefined) return false;
    if (sector.Number !== call.Sector.Number || sector.Miner !== call.Sector.Miner) return false;
    return method === (place.stage === 'fetch' ? 'ReturnFetch' : returnMethodOf(job.work.method));
  }

  function take(job: Job, value: unknown, error: CallError | null): void {
    const { place } = job;
    if (place?.stage !== 'fetch' || error !== null) {
      complete(job, value, error);
      return;
    }
    store.noteFinished(`GET:${job.proof}`, now() - place.since);
    const { call: _, ...rest } = place;
    const ready: Job = { ...job, place: { ...rest, stage: 'task', since: now() } };
    save(ready);
    dispatcher.run(ready);
  }

  function blameOf(job: Job, error: CallError): 'infrastructure' | 'work' {
    // 100 to 102: temporary, worker restarted, no room. Fetching and moving fail by machines and networks.
    if (error.Code >= 100 && error.Code <= 102) return 'infrastructure';
    return job.place?.stage === 'fetch' || job.work.task === 'GET' ? 'infrastructure' : 'work';
  }
}
