import {
  fileTypesIn,
  sectorName,
  type SectorFileTypeName,
  type SectorId,
} from '@sealctl/core/lotus/sector-file';
import { taskPhaseOf, type TaskPhase } from '@sealctl/core/lotus/run-wait';
import { taskByName } from '@sealctl/core/lotus/task-type';
import { leftMs, type UsualTimes } from '../observe/usual-times.ts';
import type { OnlyCopy } from './only-copies.ts';

/** Something that must end before a host can be stopped without losing work. Times are milliseconds. */
export type Blocker = TaskBlocker | OnlyCopyBlocker;

interface Timed {
  /** Since the task, or the sector's phase, began. */
  readonly elapsedMs: number;
  /** How long such a task usually takes; absent while the miner has no record of one. */
  readonly usualMs?: number;
  readonly leftMs?: number;
}

/** A task of one of the host's workers. */
export interface TaskBlocker extends Timed {
  readonly blocker: 'task';
  readonly sector: SectorId;
  readonly task: string;
  /** The worker's label. */
  readonly worker: string;
  readonly phase: TaskPhase;
}

/** A sector with files that no other host has. */
export interface OnlyCopyBlocker extends Timed {
  readonly blocker: 'only-copy';
  readonly sector: SectorId;
  readonly files: readonly SectorFileTypeName[];
  /** Paths of the host that have them. */
  readonly paths: readonly string[];
  /** The sector's state, under Lotus's name; `unknown` for a sector the miner does not know. */
  readonly state: string;
  /** `finished`: nothing will move it by itself. Else what its next task does, or that it waits for the chain or a pause. */
  readonly phase: 'finished' | 'running' | 'queued' | 'waiting';
  /** The task that runs or waits in the queue, and who runs it. */
  readonly task?: string;
  readonly worker?: string;
}

/** A task as the miner lists it. */
export interface ListedTask {
  readonly sector: SectorId;
  /** Full name. */
  readonly task: string;
  /** The worker's label; its session while the miner does not list it. */
  readonly worker: string;
  readonly runWait: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** The position of a sector in the pipeline. */
export interface SectorPhase {
  readonly state: string;
  /** When the state began, in milliseconds since the epoch; absent where it does not matter. */
  readonly since?: number;
  /** The miner does nothing with it by itself. */
  readonly rests: boolean;
}

/** What was read at one moment. */
export interface DrainSnapshot {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Labels of the host's workers. */
  readonly labels: ReadonlySet<string>;
  /** Tasks of every worker of the cluster. */
  readonly tasks: readonly ListedTask[];
  readonly queue: readonly { readonly sector: SectorId; readonly task: string }[];
  readonly copies: readonly OnlyCopy[];
  /** Sectors of `copies` by name, as `sectorName` makes it; one that is not here the miner does not know. */
  readonly sectors: ReadonlyMap<string, SectorPhase>;
  readonly usual: UsualTimes;
}

/** Everything that keeps the host from being stopped: its tasks first, then sectors by number. */
export function blockersOf(snapshot: DrainSnapshot): Blocker[] {
  const tasks = snapshot.tasks
    .filter(({ worker }) => snapshot.labels.has(worker))
    .map((task): TaskBlocker => ({
      blocker: 'task',
      sector: task.sector,
      task: codeOf(task.task),
      worker: task.worker,
      phase: taskPhaseOf(task.runWait),
      ...timed(snapshot, task.startedAt, task.task),
    }));
  return [...tasks, ...snapshot.copies.map((copy) => onlyCopy(snapshot, copy))];
}

function onlyCopy(snapshot: DrainSnapshot, { sector, files, paths }: OnlyCopy): OnlyCopyBlocker {
  const known = snapshot.sectors.get(sectorName(sector));
  const base = {
    blocker: 'only-copy' as const,
    sector,
    files: fileTypesIn(files),
    paths,
    state: known?.state ?? 'unknown',
  };
  const running = snapshot.tasks.find((task) => sameSector(task.sector, sector));
  if (running !== undefined) {
    const { task, worker } = running;
    const time = timed(snapshot, running.startedAt, task);
    return { ...base, phase: 'running', task: codeOf(task), worker, ...time };
  }
  const queued = snapshot.queue.find((request) => sameSector(request.sector, sector));
  const since = known?.since ?? snapshot.now;
  if (queued !== undefined) {
    const usualMs = snapshot.usual.get(queued.task);
    // It has not begun, so that all of it is left.
    const estimate = usualMs === undefined ? {} : { usualMs, leftMs: usualMs };
    const elapsedMs = elapsedSince(since, snapshot);
    return { ...base, phase: 'queued', task: codeOf(queued.task), elapsedMs, ...estimate };
  }
  const rests = known?.rests ?? true;
  return { ...base, phase: rests ? 'finished' : 'waiting', elapsedMs: elapsedSince(since, snapshot) };
}

function timed(snapshot: DrainSnapshot, startedAt: number, task: string): Timed {
  const elapsedMs = elapsedSince(startedAt, snapshot);
  const usualMs = snapshot.usual.get(task);
  return usualMs === undefined ? { elapsedMs } : { elapsedMs, usualMs, leftMs: leftMs(elapsedMs, usualMs) };
}

/** Nothing for a time that could not be read. */
function elapsedSince(startedAt: number, { now }: DrainSnapshot): number {
  return Number.isFinite(startedAt) ? Math.max(0, now - startedAt) : 0;
}

function sameSector(a: SectorId, b: SectorId): boolean {
  return a.Miner === b.Miner && a.Number === b.Number;
}

function codeOf(name: string): string {
  return taskByName(name)?.code ?? name;
}
