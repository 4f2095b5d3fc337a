import { randomUUID } from 'node:crypto';
import { messageOf } from '../../problem/problem.ts';
import type { Chain } from '../pipeline/chain.ts';
import type { Sector, SectorEvent } from '../pipeline/sector.ts';
import { stepSector, wantedStep } from '../pipeline/step.ts';
import { workOf, type WorkContext } from '../pipeline/work.ts';
import type { StorageIndex } from '../storage-index.ts';
import { isDeletion, newJob, type Job } from './job.ts';
import type { WorkBook } from './work-book.ts';

/** Takes sectors through the pipeline: each event steps one, and leaves it with the one job it wants now. */
export interface SectorSteps {
  /** Steps a sector; `change` is saved with the outcome. Throws when there is no such sector or it is not in a state for the event. */
  readonly feed: (number: number, event: SectorEvent, change?: () => void) => void;
  readonly close: () => void;
}

export interface SectorStepsOptions {
  readonly book: WorkBook;
  readonly index: StorageIndex;
  readonly chain: Chain;
  readonly miner: number;
  /** Where the bytes of a spooled piece can be had. */
  readonly pieceUrl: (source: string) => string;
  /** Deletes files of a sector wherever they are; rejects when one holder could not. */
  readonly deleteFiles: (sector: Job['sector'], files: number) => Promise<void>;
  /** A spooled piece is needed no more. */
  readonly dropPiece: (source: string) => void;
  /** Called after every step: there may be work. */
  readonly onStep: () => void;
  readonly now: () => number;
}

/** How often sectors that wait for a time or for the chain are looked at. */
const tickMs = 100;

/** Begins with every sector where the book has it. */
export function makeSectorSteps(options: SectorStepsOptions): SectorSteps {
  const { book, index, chain, miner, now } = options;
  const context: WorkContext = {
    miner,
    pieceUrl: options.pieceUrl,
    useOf: (sector, files) =>
      index.findSector(sector, files, 0, false).some(({ CanSeal }) => CanSeal) ? 'sealing' : 'storage',
  };
  const wakes = new Map<number, number>();
  const deleting = new Set<number>();
  let closed = false;

  function feed(number: number, event: SectorEvent, change: () => void = () => undefined): void {
    book.atomically(() => {
      change();
      const before = book.sectors.get(number);
      if (before === undefined) throw new Error(`there is no sector ${number}`);
      const { sector, log, wants, wakeAt } = stepSector(before, event, chain, now());
      if (sector !== before) book.saveSector(sector);
      book.appendLog(number, log);
      if (wakeAt === undefined) wakes.delete(number);
      else wakes.set(number, wakeAt);
      want(sector, wants);
    });
    const sector = book.sectors.get(number);
    if (sector?.state === 'Proving' || sector?.state === 'Removed')
      for (const { source } of [...sector.pieces, ...(sector.update?.pieces ?? [])])
        if (source !== undefined) options.dropPiece(source);
    options.onStep();
  }

  function want(sector: Sector, step: string | undefined): void {
    const ofSector = [...book.jobs.values()].filter((job) => job.sector.Number === sector.number);
    for (const job of ofSector) if (job.step !== step) book.drop(job.id);
    if (step === undefined || ofSector.some((job) => job.step === step)) return;
    const work = workOf(sector, step, context);
    if (isDeletion(work)) void deleteFor(sector.number, step, work.deletes);
    else if (isNeedless(sector, step)) setImmediate(() => finish(sector.number, step));
    else book.save(newJob(randomUUID(), miner, sector, step, work, now()));
  }

  /** Steps on files that are nowhere, such as releasing unsealed data that is gone already. */
  function isNeedless(sector: Sector, step: string): boolean {
    if (step !== 'FUS' && step !== 'store-unsealed') return false;
    return index.findSector({ Miner: miner, Number: sector.number }, 1, 0, false).length === 0;
  }

  function finish(number: number, step: string): void {
    if (closed) return;
    const sector = book.sectors.get(number);
    if (sector !== undefined && wantedStep(sector, Infinity) === step)
      feed(number, { kind: 'step-done', step, value: null });
  }

  async function deleteFor(number: number, step: string, files: number): Promise<void> {
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
      feed(number, { kind: 'step-failed', step, error: failure, blame: 'infrastructure' });
    }
  }

  const timer = setInterval(() => {
    for (const [number, at] of wakes) if (at <= now()) feed(number, { kind: 'tick' });
  }, tickMs);
  return {
    feed,
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}
