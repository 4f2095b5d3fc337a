import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { taskRequestOf, bytesToMove, holdsNeeded, type TaskRequest } from './task-request.ts';
import { compareCosts } from './candidates.ts';
import { inQueueOrder } from './order.ts';
import {
  beginCycle,
  reserve,
  loadReason,
  lockReason,
  isLargeEnough,
  staticReason,
  waitFor,
  type SchedulingCycle,
} from './cycle.ts';
import { avoidedSession, reasonOn, storageReason } from './eligibility.ts';
import { findSpace } from './path-capacity.ts';
import type { WaitReason } from './reason.ts';
import type { QueuedTask, SchedulePolicy, Snapshot } from './snapshot.ts';
import { fairnessOf } from './fairness.ts';
import { classOf, spreadAt, type Classes, type TaskClass } from './task-class.ts';

/** A task and the worker it is assigned to. */
export interface Assignment {
  readonly taskId: string;
  readonly workerId: string;
  /** Space the task will take, by path; empty for a task that neither makes nor fetches files. */
  readonly reservations: readonly { readonly path: string; readonly bytes: number }[];
  /** Bytes to fetch from other hosts, and the estimated duration. */
  readonly moveBytes: number;
  readonly moveMs: number;
}

/** The outcome of one cycle. */
export interface Decision {
  readonly assignments: readonly Assignment[];
  /** The reason why a task still waits, for each worker. */
  readonly explain: (taskId: string) => readonly WorkerReason[];
}

export interface WorkerReason {
  readonly workerId: string;
  readonly worker: string;
  readonly reason: WaitReason;
}

/**
 * Assigns queued tasks in queue order. A task is bound only to a worker that has capacity for it now; a task without such a worker does not
 * block later ones. A task goes to a holder of its files unless waiting for one takes longer than moving the files. Starving tasks come
 * first, one of each kind: those whose kind was passed over for longer than the policy's patience. A starving task goes to any worker, and
 * if none has capacity, one is reserved for it. The decision is deterministic. Cost grows with tasks plus workers times kinds of task.
 */
export function decide(snapshot: Snapshot, policy: SchedulePolicy): Decision {
  const cycle = beginCycle(snapshot, policy);
  const classes: Classes = new Map();
  const waiting: Waiting[] = [];
  const assignments: Assignment[] = [];
  const { all, overdue } = inQueueOrder(snapshot.queue, snapshot.now, policy.patienceMs);
  const fairness = fairnessOf(snapshot, overdue, policy.patienceMs);
  const tried = new Set<QueuedTask>();
  for (const task of fairness.starving) {
    if (fairness.isServed(task)) continue;
    tried.add(task);
    const outcome = placeTask(
      cycle,
      classes,
      preferAvoiding(cycle, classes, taskRequestOf(cycle, task)),
      true,
    );
    if ('workerId' in outcome) assignments.push(outcome);
    else waiting.push(outcome);
    if ('workerId' in outcome || outcome.isReservedFor === true) fairness.serve(task);
  }
  for (const task of all) {
    if (tried.has(task)) continue;
    const outcome = placeTask(
      cycle,
      classes,
      preferAvoiding(cycle, classes, taskRequestOf(cycle, task)),
      false,
    );
    if ('workerId' in outcome) assignments.push(outcome);
    else waiting.push(outcome);
  }
  // Built on demand: most cycles are never explained.
  let byTask: Map<string, Waiting> | undefined;
  return {
    assignments,
    explain(taskId) {
      byTask ??= new Map(waiting.map((entry) => [entry.taskRequest.task.id, entry]));
      const entry = byTask.get(taskId);
      if (entry === undefined) return [];
      return cycle.workers.map((chosen, index) => ({
        workerId: chosen.worker.id,
        worker: chosen.worker.name,
        reason: entry.reason ??
          reasonOn(cycle, entry.taskRequest, index) ??
          entry.choice ?? { because: 'not-holder' },
      }));
    },
  };
}

interface Waiting {
  readonly taskRequest: TaskRequest;
  /** The reason that applies to every worker. */
  readonly reason?: WaitReason;
  /** The reason that applies to the workers that have capacity. */
  readonly choice?: WaitReason;
  /** True where a worker is reserved for the task. */
  readonly isReservedFor?: boolean;
}

function placeTask(
  cycle: SchedulingCycle,
  classes: Classes,
  taskRequest: TaskRequest,
  isStarving: boolean,
): Assignment | Waiting {
  const { task } = taskRequest;
  const { now } = cycle.snapshot;
  const pause = (task.notBefore ?? 0) - now;
  if (pause > 0) return { taskRequest, reason: { because: 'paused', ms: pause } };
  const locked = lockReason(cycle, task, taskRequest.name);
  if (locked !== undefined) return { taskRequest, reason: locked };

  const here = cheapestHolder(cycle, taskRequest);
  if (here !== undefined) return assign(cycle, taskRequest, here);

  const group = classOf(cycle, classes, taskRequest);
  const farther = group?.candidates.best((index) => {
    if (avoidedSession(task, cycle.workers[index]!.worker.id) !== undefined) return 'skip';
    return reasonOn(cycle, taskRequest, index) === undefined ? 'take' : 'drop';
  });
  if (farther !== undefined) {
    const wait = isStarving ? undefined : worthWaiting(cycle, taskRequest, farther);
    return wait === undefined ? assign(cycle, taskRequest, farther) : { taskRequest, choice: wait };
  }
  return isStarving
    ? { taskRequest, isReservedFor: reserveWorker(cycle, taskRequest, group) }
    : { taskRequest };
}

/** Excludes the workers in `preferAvoid` where another worker could take the task, now or later. */
function preferAvoiding(cycle: SchedulingCycle, classes: Classes, taskRequest: TaskRequest): TaskRequest {
  const { preferAvoid } = taskRequest.task;
  if (preferAvoid === undefined) return taskRequest;
  const task = { ...taskRequest.task, avoid: [...(taskRequest.task.avoid ?? []), ...preferAvoid] };
  const isOther = (index: number): boolean =>
    avoidedSession(task, cycle.workers[index]!.worker.id) === undefined &&
    staticReason(cycle.workers[index]!, task) === undefined &&
    isLargeEnough(cycle, cycle.workers[index]!, task) &&
    storageReason(cycle, taskRequest, index) === undefined;
  const others = [
    ...taskRequest.near.map(({ worker }) => worker),
    ...(classOf(cycle, classes, taskRequest)?.eligible ?? []),
  ];
  return others.some(isOther) ? { ...taskRequest, task } : taskRequest;
}

function assign(cycle: SchedulingCycle, taskRequest: TaskRequest, index: number): Assignment {
  const { task, request } = taskRequest;
  const chosen = cycle.workers[index]!;
  const staysInPlace = task.need.kind === 'holder' && holdsNeeded(taskRequest, index);
  const choice = request === undefined || staysInPlace ? undefined : findSpace(chosen.capacities, request);
  const reservations = choice === undefined || 'because' in choice ? [] : choice;
  const moveBytes = bytesToMove(taskRequest, index);
  const moveMs = moveTime(cycle, moveBytes);
  reserve(cycle, taskRequest, index, moveMs, reservations);
  return {
    taskId: task.id,
    workerId: chosen.worker.id,
    reservations: reservations.map(({ capacity: { path }, bytes }) => ({ path: path.info.ID, bytes })),
    moveBytes,
    moveMs,
  };
}

/** Returns the holder that can take the task and needs the fewest bytes moved to it; the assigner decides among equals. */
function cheapestHolder(cycle: SchedulingCycle, taskRequest: TaskRequest): number | undefined {
  let best: number | undefined;
  let bestCost: readonly number[] | undefined;
  for (const { worker } of taskRequest.near) {
    if (reasonOn(cycle, taskRequest, worker) !== undefined) continue;
    // Usually there is a single holder, and nothing to compare.
    if (taskRequest.near.length === 1) return worker;
    const { utilization, types } = cycle.workers[worker]!;
    const cost = [
      bytesToMove(taskRequest, worker),
      spreadAt(cycle, taskRequest, worker),
      utilization,
      types,
      worker,
    ];
    if (bestCost !== undefined && compareCosts(cost, bestCost) >= 0) continue;
    best = worker;
    bestCost = cost;
  }
  return best;
}

/** Returns the reason to wait for a holder of the files; undefined where moving the files to the best other worker is faster. */
function worthWaiting(
  cycle: SchedulingCycle,
  taskRequest: TaskRequest,
  farther: number,
): WaitReason | undefined {
  const moveMs = moveTime(cycle, bytesToMove(taskRequest, farther));
  if (moveMs === 0) return undefined;
  for (const { worker: index } of taskRequest.near) {
    const waitMs = waitAt(cycle, taskRequest, index);
    if (waitMs < moveMs)
      return { because: 'data-elsewhere', worker: cycle.workers[index]!.worker.name, waitMs, moveMs };
  }
  return undefined;
}

/** Milliseconds until a worker can take a task that it cannot take now; Infinity where that time is unknown. */
function waitAt(cycle: SchedulingCycle, taskRequest: TaskRequest, index: number): number {
  const { task } = taskRequest;
  const chosen = cycle.workers[index]!;
  if (staticReason(chosen, task) !== undefined) return Infinity;
  const avoided = avoidedSession(task, chosen.worker.id);
  const pause = avoided === undefined ? 0 : (avoided.until ?? Infinity) - cycle.snapshot.now;
  const reason = storageReason(cycle, taskRequest, index) ?? loadReason(cycle, chosen, task);
  if (reason === undefined) return pause;
  if (reason.because !== 'busy' && reason.because !== 'limit') return Infinity;
  return Math.max(pause, waitFor(cycle, chosen, task));
}

/** Reserves the worker that can take a starving task soonest; returns false where there is none. */
function reserveWorker(
  cycle: SchedulingCycle,
  taskRequest: TaskRequest,
  group: TaskClass | undefined,
): boolean {
  const { task } = taskRequest;
  const near = taskRequest.near.map(({ worker }) => worker);
  let soonest: { index: number; only?: TaskCode; cost: readonly number[] } | undefined;
  for (const index of group === undefined || group.isReserved ? near : [...near, ...group.eligible]) {
    const chosen = cycle.workers[index]!;
    if (chosen.reservedFor !== undefined) continue;
    const reason = reasonOn(cycle, taskRequest, index);
    if (reason?.because !== 'busy' && reason?.because !== 'limit') continue;
    const cost = [Math.min(waitFor(cycle, chosen, task), Number.MAX_VALUE), chosen.usage.tasks, index];
    if (soonest !== undefined && compareCosts(cost, soonest.cost) >= 0) continue;
    soonest = { index, cost, ...(reason.because === 'limit' ? { only: task.task } : {}) };
  }
  if (soonest === undefined) {
    // One that avoids workers is not proof that there is none for its class.
    if (group !== undefined && (task.avoid ?? []).length === 0) group.isReserved = true;
    return false;
  }
  const { index, only } = soonest;
  cycle.workers[index]!.reservedFor = { taskId: task.id, ...(only === undefined ? {} : { only }) };
  return true;
}

function moveTime({ policy }: SchedulingCycle, bytes: number): number {
  return bytes === 0 ? 0 : (bytes / policy.bytesPerSecond) * 1000;
}
