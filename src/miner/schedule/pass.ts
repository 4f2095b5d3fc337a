import { sectorName } from '../../lotus/sector-file.ts';
import type { TaskCode } from '../../lotus/task-type.ts';
import { placesOf, type Place } from './place.ts';
import type { WaitReason } from './reason.ts';
import type { Locks, QueuedTask, SchedulePolicy, Snapshot, WorkerSnapshot } from './snapshot.ts';
import {
  addTo,
  countKey,
  demandOf,
  emptyTally,
  resourceReason,
  utilizationOf,
  type Demand,
  type Tally,
} from './tally.ts';

/** One worker while tasks are given out. */
export interface WorkerPass {
  readonly worker: WorkerSnapshot;
  readonly tally: Tally;
  utilization: number;
  given: number;
  readonly givenByTask: Map<TaskCode, number>;
  readonly activeByTask: Map<TaskCode, number>;
  readonly types: number;
  readonly places: readonly Place[];
  /** An overdue task this worker is kept free for; `only` limits that to one task type. */
  heldFor?: { readonly taskId: string; readonly only?: TaskCode };
  /** By `countKey`. */
  readonly demands: Map<number, Demand>;
}

/** The changing state of one pass over the queue. */
export interface Pass {
  readonly snapshot: Snapshot;
  readonly policy: SchedulePolicy;
  readonly workers: readonly WorkerPass[];
  readonly places: ReadonlyMap<string, Place>;
  /** Workers by the path that they serve. */
  readonly servedBy: ReadonlyMap<string, readonly number[]>;
  /** Workers by the groups of their paths. */
  readonly inGroup: ReadonlyMap<string, readonly number[]>;
  /** The group rule of one holder, by its path; most sectors have one. */
  readonly groupsOf: Map<string, ReadonlySet<string> | undefined>;
  /** Who uses the files of a sector, by `sectorName`. */
  readonly locks: Map<string, (Locks & { readonly id: string })[]>;
}

export function beginPass(snapshot: Snapshot, policy: SchedulePolicy): Pass {
  const locks: Pass['locks'] = new Map();
  const places = placesOf(snapshot);
  const workers = snapshot.workers.map((worker): WorkerPass => {
    const pass: WorkerPass = {
      worker,
      tally: emptyTally(),
      utilization: 0,
      given: 0,
      givenByTask: new Map(),
      activeByTask: new Map(),
      types: worker.tasks.size,
      places: worker.paths.flatMap((id) => places.get(id) ?? []),
      demands: new Map(),
    };
    for (const task of worker.active) {
      addTo(pass.tally, task.task, task.proof, demandFor(pass, task, policy), task.stage === 'preparing');
      count(pass.activeByTask, task.task);
      lock(locks, sectorName(task.sector), task.id, task.locks);
    }
    pass.utilization = utilizationOf(worker.info, pass.tally);
    return pass;
  });
  const servedBy = new Map<string, number[]>();
  const inGroup = new Map<string, number[]>();
  for (const [index, each] of workers.entries()) {
    for (const id of each.worker.paths) append(servedBy, id, index);
    const groups = new Set(each.places.flatMap(({ path }) => path.info.Groups ?? []));
    for (const group of groups) append(inGroup, group, index);
  }
  return { snapshot, policy, workers, places, servedBy, inGroup, groupsOf: new Map(), locks };
}

/** Books a task on a worker, `name` being its sector's, with the room it will take. */
export function book(
  pass: Pass,
  { task, name }: { readonly task: QueuedTask; readonly name: string },
  index: number,
  room?: { readonly place: Place; readonly bytes: number },
): void {
  const chosen = pass.workers[index]!;
  addTo(chosen.tally, task.task, task.proof, demandFor(chosen, task, pass.policy), task.fetch !== undefined);
  chosen.utilization = utilizationOf(chosen.worker.info, chosen.tally);
  chosen.given += 1;
  count(chosen.givenByTask, task.task);
  lock(pass.locks, name, task.id, task.locks);
  if (room !== undefined) room.place.free -= room.bytes;
}

/** What does not change during a pass: whether the worker takes such tasks at all. */
export function staticReason({ worker }: WorkerPass, task: QueuedTask): WaitReason | undefined {
  if (!worker.enabled) return { because: 'disabled' };
  if (!worker.tasks.has(task.task)) return { because: 'not-accepted', task: task.task };
  return undefined;
}

/** Whether the machine has room for the task now, held workers included. */
export function loadReason(pass: Pass, chosen: WorkerPass, task: QueuedTask): WaitReason | undefined {
  const demand = demandFor(chosen, task, pass.policy);
  const held = chosen.heldFor;
  if (held !== undefined && held.taskId !== task.id && (held.only === undefined || held.only === task.task)) {
    if (!isFree(demand)) return { because: 'held-for', taskId: held.taskId };
  }
  const fetchLimit =
    task.fetch === undefined || task.task === 'GET'
      ? 0
      : demandFor(chosen, { task: 'GET', proof: task.proof }, pass.policy).resources.MaxConcurrent;
  return resourceReason(chosen.worker.info, chosen.tally, task.task, task.proof, demand, fetchLimit);
}

/** Milliseconds until the worker has room, by the ends of what runs there now; undefined where one of them cannot be told. */
export function waitFor(pass: Pass, chosen: WorkerPass, task: QueuedTask): number | undefined {
  if (chosen.given > 0) return undefined;
  const tally: Tally = { ...chosen.tally, counts: new Map(chosen.tally.counts) };
  const demand = demandFor(chosen, task, pass.policy);
  const ending = chosen.worker.active.toSorted((a, b) => (a.endsAt ?? Infinity) - (b.endsAt ?? Infinity));
  for (const active of ending) {
    if (active.endsAt === undefined) return undefined;
    const activeDemand = demandFor(chosen, active, pass.policy);
    addTo(tally, active.task, active.proof, activeDemand, active.stage === 'preparing', -1);
    if (resourceReason(chosen.worker.info, tally, task.task, task.proof, demand, 0) === undefined)
      return Math.max(0, active.endsAt - pass.snapshot.now);
  }
  return undefined;
}

/** The task that uses the files of the sector of that name in a way that excludes this one. */
export function lockReason(pass: Pass, task: QueuedTask, name: string): WaitReason | undefined {
  const { reads, writes } = task.locks;
  for (const other of pass.locks.get(name) ?? [])
    if ((other.writes & (reads | writes)) !== 0 || (writes & other.reads) !== 0)
      return { because: 'locked', by: other.id };
  return undefined;
}

/** The demand of a task type on a worker, looked up once a pass. */
export function demandFor(
  chosen: WorkerPass,
  { task, proof }: { readonly task: TaskCode; readonly proof: number },
  policy: SchedulePolicy,
): Demand {
  const key = countKey(task, proof);
  const known = chosen.demands.get(key);
  if (known !== undefined) return known;
  const demand = demandOf(chosen.worker.info, task, proof, policy);
  chosen.demands.set(key, demand);
  return demand;
}

/** Tasks that take nothing of a machine pass by what holds it: they neither need nor delay anybody. */
function isFree({ resources, threads, gpu }: Demand): boolean {
  return resources.MinMemory <= 2 ** 20 && resources.MaxMemory <= 2 ** 20 && threads === 0 && gpu === 0;
}

function lock(locks: Pass['locks'], name: string, id: string, { reads, writes }: Locks): void {
  if ((reads | writes) === 0) return;
  const list = locks.get(name);
  if (list === undefined) locks.set(name, [{ id, reads, writes }]);
  else list.push({ id, reads, writes });
}

function append(lists: Map<string, number[]>, key: string, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function count(counts: Map<TaskCode, number>, task: TaskCode): void {
  counts.set(task, (counts.get(task) ?? 0) + 1);
}
