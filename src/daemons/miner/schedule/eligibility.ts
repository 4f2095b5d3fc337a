import { loadReason, staticReason, type SchedulingCycle } from './cycle.ts';
import { findSpace } from './path-capacity.ts';
import type { WaitReason } from './reason.ts';
import type { AvoidedSession, QueuedTask } from './snapshot.ts';
import { holdsNeeded, type TaskRequest } from './task-request.ts';

/** Returns why one worker cannot take a task now, or undefined when it can. */
export function reasonOn(
  cycle: SchedulingCycle,
  taskRequest: TaskRequest,
  index: number,
): WaitReason | undefined {
  const chosen = cycle.workers[index]!;
  const reason = staticReason(chosen, taskRequest.task);
  if (reason !== undefined) return reason;
  if (avoidedSession(taskRequest.task, chosen.worker.id) !== undefined) return { because: 'avoided' };
  return storageReason(cycle, taskRequest, index) ?? loadReason(cycle, chosen, taskRequest.task);
}

/** Returns why the files or paths of one worker keep a task from it, or undefined when they do not. */
export function storageReason(
  cycle: SchedulingCycle,
  taskRequest: TaskRequest,
  index: number,
): WaitReason | undefined {
  const { need } = taskRequest.task;
  if (need.kind === 'holder' && holdsNeeded(taskRequest, index)) return undefined;
  if (taskRequest.onlyHolders && !holdsNeeded(taskRequest, index)) return { because: 'not-holder' };
  if (taskRequest.request === undefined) return undefined;
  const choice = findSpace(cycle.workers[index]!.capacities, taskRequest.request);
  return 'because' in choice ? choice : undefined;
}

/** Returns how a task is kept from one worker, or undefined when it is not. */
export function avoidedSession({ avoid }: QueuedTask, worker: string): AvoidedSession | undefined {
  return avoid?.find((each) => each.worker === worker);
}
