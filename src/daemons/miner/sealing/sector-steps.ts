import type { Step } from '../pipeline/step-name.ts';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import type { Chain } from '../pipeline/chain.ts';
import { neededSources, sourcesOf, type Sector, type SectorEvent } from '../pipeline/sector.ts';
import { stepSector, wantedStep } from '../pipeline/step.ts';
import { taskSpecOf, type TaskSpecContext } from '../pipeline/task-spec.ts';
import type { StorageIndex } from '../storage-index.ts';
import { isDeletion, newJob, type Job } from './job.ts';
import type { JobStore } from './job-store.ts';

/** Advances sectors through the pipeline: each event advances one sector and replaces its job with the next one. */
export interface SectorSteps {
  /**
   * Advances a sector; `change` is saved in the same transaction. Throws when the sector does not exist or the event does not apply to its
   * state.
   */
  readonly dispatchEvent: (number: number, event: SectorEvent, change?: () => void) => void;
  /** Advances a sector by a tick. An error is logged, retried later, and does not affect other sectors. */
  readonly look: (number: number) => void;
  readonly close: () => void;
}

export interface SectorStepsOptions {
  readonly jobStore: JobStore;
  readonly index: StorageIndex;
  readonly chain: Chain;
  readonly miner: number;
  /** URL of a spooled piece. */
  readonly pieceUrl: (source: string) => string;
  /** Deletes files of a sector on every path; rejects when a holder cannot. */
  readonly deleteFiles: (sector: Job['sector'], files: number) => Promise<void>;
  /** Called when a spooled piece is no longer needed. */
  readonly dropPiece: (source: string) => void;
  /** Called after every step: there may be work. */
  readonly onStep: () => void;
  readonly now: () => number;
  readonly log: Logger;
}

/** Interval at which sectors that wait for a time or for the chain are checked. */
const tickMs = 100;
/** Pause before a sector is checked again after an error. */
const troubledMs = 5_000;

/** Resumes every sector in the job store. */
export function makeSectorSteps(options: SectorStepsOptions): SectorSteps {
  const { jobStore, index, chain, miner, now, log } = options;
  const context: TaskSpecContext = {
    miner,
    pieceUrl: options.pieceUrl,
    useOf: (sector, files) =>
      index.findSector(sector, files, 0, false).some(({ CanSeal }) => CanSeal) ? 'sealing' : 'storage',
  };
  const wakes = new Map<number, number>();
  const deleting = new Set<number>();
  let closed = false;

  function dispatchEvent(number: number, event: SectorEvent, change: () => void = () => undefined): void {
    let wake: number | undefined;
    let follow = (): void => undefined;
    jobStore.atomically(() => {
      change();
      const before = jobStore.sectors.get(number);
      if (before === undefined) throw new Error(`sector ${number} does not exist`);
      const { sector, log, wants, wakeAt } = stepSector(before, event, chain, now());
      if (sector !== before) jobStore.saveSector(sector);
      jobStore.appendLog(number, log);
      wake = wakeAt;
      follow = want(sector, wants);
    });
    if (wake === undefined) wakes.delete(number);
    else wakes.set(number, wake);
    follow();
    const sector = jobStore.sectors.get(number);
    if (sector !== undefined && neededSources(sector).length === 0)
      for (const source of sourcesOf(sector)) options.dropPiece(source);
    options.onStep();
  }

  /** Replaces the sector's job with one for the given step; returns the actions for after the commit. */
  function want(sector: Sector, step: Step | undefined): () => void {
    const nothing = (): void => undefined;
    const ofSector = [...jobStore.jobs.values()].filter((job) => job.sector.Number === sector.number);
    for (const job of ofSector) if (job.step !== step) jobStore.drop(job.id);
    if (step === undefined || ofSector.some((job) => job.step === step)) return nothing;
    const spec = taskSpecOf(sector, step, context);
    if (isDeletion(spec)) return () => void deleteFor(sector.number, step, spec.deletes);
    if (isNeedless(sector, step)) return () => void setImmediate(() => finish(sector.number, step));
    jobStore.save(newJob(randomUUID(), miner, sector, step, spec, now()));
    return nothing;
  }

  /** True for a step on files that no path holds, such as releasing unsealed data that is already deleted. */
  function isNeedless(sector: Sector, step: Step): boolean {
    if (step !== 'FUS' && step !== 'store-unsealed') return false;
    return index.findSector({ Miner: miner, Number: sector.number }, 1, 0, false).length === 0;
  }

  function finish(number: number, step: Step): void {
    if (closed) return;
    const sector = jobStore.sectors.get(number);
    if (sector !== undefined && wantedStep(sector, Infinity) === step)
      attempt(number, { kind: 'step-done', step, value: null });
  }

  /** Dispatches an event without a caller; after an error the sector is unchanged and is checked again later. */
  function attempt(number: number, event: SectorEvent): void {
    try {
      dispatchEvent(number, event);
    } catch (error) {
      log.error({ sector: number, event: event.kind, why: messageOf(error) }, 'cannot advance a sector');
      wakes.set(number, now() + troubledMs);
    }
  }

  async function deleteFor(number: number, step: Step, files: number): Promise<void> {
    if (deleting.has(number)) return;
    deleting.add(number);
    try {
      await options.deleteFiles({ Miner: miner, Number: number }, files);
      deleting.delete(number);
      finish(number, step);
    } catch (error) {
      deleting.delete(number);
      if (closed) return;
      const failure = { Code: 100, Message: messageOf(error) };
      attempt(number, { kind: 'step-failed', step, error: failure, cause: 'infrastructure' });
    }
  }

  const look = (number: number): void => attempt(number, { kind: 'tick' });
  const timer = setInterval(() => {
    for (const [number, at] of wakes) if (at <= now()) look(number);
  }, tickMs);
  return {
    dispatchEvent,
    look,
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}
