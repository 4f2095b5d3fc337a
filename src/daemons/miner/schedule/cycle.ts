import { sectorName } from '@sealctl/core/lotus/sector-file';
import type { TaskCode } from '@sealctl/core/lotus/task-type';
import type { TaskRequest, TaskShape } from './task-request.ts';
import { pathCapacities, type PathCapacity, type PathShare } from './path-capacity.ts';
import type { WaitReason } from './reason.ts';
import type { Locks, QueuedTask, SchedulePolicy, Snapshot, WorkerSnapshot } from './snapshot.ts';
import {
  addTo,
  countKey,
  demandOf,
  noUsage,
  resourceReason,
  tooSmallReason,
  utilizationOf,
  type Demand,
  type ResourceUsage,
} from './resource-usage.ts';

/** The state of one worker during a scheduling cycle. */
export interface WorkerCycle {
  readonly worker: WorkerSnapshot;
  readonly usage: ResourceUsage;
  utilization: number;
  given: number;
  readonly givenByTask: Map<TaskCode, number>;
  readonly activeByTask: Map<TaskCode, number>;
  readonly types: number;
  readonly capacities: readonly PathCapacity[];
  /** The overdue task for which this worker is reserved; `only` limits the reservation to one task type. */
  reservedFor?: { readonly taskId: string; readonly only?: TaskCode };
  /** By `countKey`. */
  readonly demands: Map<number, Demand>;
  /** The worker's tasks, including those assigned in this cycle. `waitFor` sorts them by end time. */
  readonly ends: Ending[];
  /** Results of `waitFor` by `countKey`, valid until the worker is assigned another task. */
  readonly waits: Map<number, number>;
}

interface Ending {
  readonly task: TaskCode;
  readonly proof: number;
  readonly isPreparing: boolean;
  readonly endsAt: number;
}

/** The changing state of one cycle over the queue. */
export interface SchedulingCycle {
  readonly snapshot: Snapshot;
  readonly policy: SchedulePolicy;
  readonly workers: readonly WorkerCycle[];
  readonly capacities: ReadonlyMap<string, PathCapacity>;
  /** Workers by storage group, as positions in `workers`. */
  readonly inGroup: ReadonlyMap<string, readonly number[]>;
  /** Cached results of the group rule for a single holder: most sectors have one. */
  readonly groupsOf: Map<PathCapacity, ReadonlySet<string> | undefined>;
  /** One set for each combination of groups, by the JSON of their sorted names. */
  readonly groupSets: Map<string, ReadonlySet<string>>;
  /** By miner, then by a number that encodes the shape. */
  readonly shapes: Map<number, Map<number, TaskShape>>;
  /** By `sectorName`: the tasks that use files of the sector. */
  readonly locks: Map<string, (Locks & { readonly id: string })[]>;
}

export function beginCycle(snapshot: Snapshot, policy: SchedulePolicy): SchedulingCycle {
  const locks: SchedulingCycle['locks'] = new Map();
  const capacities = pathCapacities(snapshot);
  const workers = snapshot.workers.map((worker): WorkerCycle => {
    const cycle: WorkerCycle = {
      worker,
      usage: noUsage(),
      utilization: 0,
      given: 0,
      givenByTask: new Map(),
      activeByTask: new Map(),
      types: worker.tasks.size,
      capacities: worker.paths.flatMap((id) => capacities.get(id) ?? []),
      demands: new Map(),
      ends: [],
      waits: new Map(),
    };
    for (const task of worker.active) {
      const isPreparing = task.stage === 'preparing';
      addTo(cycle.usage, task.task, task.proof, demandFor(cycle, task, policy), isPreparing);
      cycle.ends.push({ task: task.task, proof: task.proof, isPreparing, endsAt: task.endsAt });
      count(cycle.activeByTask, task.task);
      lock(locks, sectorName(task.sector), task.id, task.locks);
    }
    cycle.utilization = utilizationOf(worker.info, cycle.usage);
    return cycle;
  });
  const inGroup = new Map<string, number[]>();
  for (const [index, each] of workers.entries()) {
    const groups = new Set(each.capacities.flatMap(({ path }) => path.info.Groups ?? []));
    for (const group of groups) append(inGroup, group, index);
  }
  const [groupsOf, groupSets, shapes] = [new Map(), new Map(), new Map()];
  return { snapshot, policy, workers, capacities, inGroup, groupsOf, groupSets, shapes, locks };
}

/** Reserves a worker's resources and storage space for a task. `moveMs` is the time that fetching its files takes. */
export function reserve(
  cycle: SchedulingCycle,
  { task, name }: Pick<TaskRequest, 'task' | 'name'>,
  index: number,
  moveMs: number,
  reservations: readonly PathShare[],
): void {
  const chosen = cycle.workers[index]!;
  addTo(chosen.usage, task.task, task.proof, demandFor(chosen, task, cycle.policy), task.fetch !== undefined);
  chosen.utilization = utilizationOf(chosen.worker.info, chosen.usage);
  chosen.given += 1;
  const endsAt = cycle.snapshot.now + moveMs + task.lasts;
  chosen.ends.push({ task: task.task, proof: task.proof, isPreparing: task.fetch !== undefined, endsAt });
  chosen.waits.clear();
  count(chosen.givenByTask, task.task);
  lock(cycle.locks, name, task.id, task.locks);
  for (const { capacity, bytes } of reservations) capacity.free -= bytes;
}

/** Returns why a worker accepts no task of this type, from facts that do not change during a cycle; undefined where it does. */
export function staticReason({ worker }: WorkerCycle, task: QueuedTask): WaitReason | undefined {
  if (!worker.enabled) return { because: 'disabled' };
  if (!worker.tasks.has(task.task)) return { because: 'not-accepted', task: task.task };
  return undefined;
}

/** Returns whether the machine has capacity for the task when idle. */
export function isLargeEnough(cycle: SchedulingCycle, chosen: WorkerCycle, task: QueuedTask): boolean {
  return tooSmallReason(chosen.worker.info, demandFor(chosen, task, cycle.policy)) === undefined;
}

/**
 * Returns why the machine has no capacity for the task now; undefined where it has. A reservation for another task counts as no capacity.
 */
export function loadReason(
  cycle: SchedulingCycle,
  chosen: WorkerCycle,
  task: QueuedTask,
): WaitReason | undefined {
  const demand = demandFor(chosen, task, cycle.policy);
  const reservedFor = chosen.reservedFor;
  if (
    reservedFor !== undefined &&
    reservedFor.taskId !== task.id &&
    (reservedFor.only === undefined || reservedFor.only === task.task)
  ) {
    if (!isFree(demand)) return { because: 'reserved-for', taskId: reservedFor.taskId };
  }
  const fetchLimit =
    task.fetch === undefined || task.task === 'GET'
      ? 0
      : demandFor(chosen, { task: 'GET', proof: task.proof }, cycle.policy).resources.MaxConcurrent;
  return resourceReason(chosen.worker.info, chosen.usage, task.task, task.proof, demand, fetchLimit);
}

/** Milliseconds until enough of the worker's tasks have ended to leave capacity for this one; Infinity where there is none even then. */
export function waitFor(cycle: SchedulingCycle, chosen: WorkerCycle, task: QueuedTask): number {
  const key = countKey(task.task, task.proof);
  const known = chosen.waits.get(key);
  if (known !== undefined) return known;
  const wait = Math.max(0, endOfWait(cycle, chosen, task) - cycle.snapshot.now);
  chosen.waits.set(key, wait);
  return wait;
}

function endOfWait({ policy }: SchedulingCycle, chosen: WorkerCycle, task: QueuedTask): number {
  const usage: ResourceUsage = { ...chosen.usage, counts: new Map(chosen.usage.counts) };
  const demand = demandFor(chosen, task, policy);
  chosen.ends.sort((a, b) => a.endsAt - b.endsAt);
  for (const { endsAt, isPreparing, ...other } of chosen.ends) {
    addTo(usage, other.task, other.proof, demandFor(chosen, other, policy), isPreparing, -1);
    if (resourceReason(chosen.worker.info, usage, task.task, task.proof, demand, 0) === undefined)
      return endsAt;
  }
  return Infinity;
}

/** Returns the task whose use of the sector's files excludes this task; undefined where there is none. */
export function lockReason(cycle: SchedulingCycle, task: QueuedTask, name: string): WaitReason | undefined {
  const { reads, writes } = task.locks;
  if ((reads | writes) === 0) return undefined;
  for (const other of cycle.locks.get(name) ?? [])
    if ((other.writes & (reads | writes)) !== 0 || (writes & other.reads) !== 0)
      return { because: 'locked', by: other.id };
  return undefined;
}

/** The demand of a task type on a worker, looked up once per cycle. */
export function demandFor(
  chosen: WorkerCycle,
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

/** True for a task that uses almost no resources. Reservations do not apply to such a task, since it delays no other. */
function isFree({ resources, threads, gpu }: Demand): boolean {
  return resources.MinMemory <= 2 ** 20 && resources.MaxMemory <= 2 ** 20 && threads === 0 && gpu === 0;
}

function lock(locks: SchedulingCycle['locks'], name: string, id: string, { reads, writes }: Locks): void {
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
