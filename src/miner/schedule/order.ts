import { taskTypes } from '../../lotus/task-type.ts';
import type { QueuedTask } from './snapshot.ts';

const orderOf: ReadonlyMap<string, number> = new Map(taskTypes.map((type) => [type.code, type.order]));

/** True for a task that has waited longer than the patience. */
export function isOverdue(task: QueuedTask, now: number, patienceMs: number): boolean {
  return now - Math.max(task.queuedAt, task.notBefore ?? 0) > patienceMs;
}

/**
 * The order in which tasks are looked at. Overdue ones come first, oldest first: that is ours and keeps every task from starving. Then
 * Lotus's order (storage/sealer/request_queue.go): a negative task order before any other, higher priority, later pipeline stage,
 * smaller sector number. Age and id make it total.
 */
export function inQueueOrder(queue: readonly QueuedTask[], now: number, patienceMs: number): QueuedTask[] {
  const overdue: QueuedTask[] = [];
  const punctual: Ranked[] = [];
  for (const task of queue)
    if (isOverdue(task, now, patienceMs)) overdue.push(task);
    else punctual.push({ task, order: orderOf.get(task.task) ?? 0 });
  return [...overdue.sort(byAge), ...punctual.sort(byLotus).map(({ task }) => task)];
}

interface Ranked {
  readonly task: QueuedTask;
  readonly order: number;
}

function byLotus(a: Ranked, b: Ranked): number {
  if (a.order < 0 !== b.order < 0) return a.order - b.order;
  return (
    b.task.priority - a.task.priority ||
    a.order - b.order ||
    a.task.sector.Number - b.task.sector.Number ||
    byAge(a.task, b.task)
  );
}

function byAge(a: QueuedTask, b: QueuedTask): number {
  return a.queuedAt - b.queuedAt || (a.id < b.id ? -1 : 1);
}
