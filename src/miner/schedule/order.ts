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
  const buckets = new Map<number, Bucket>();
  for (const task of queue) {
    if (isOverdue(task, now, patienceMs)) {
      overdue.push(task);
      continue;
    }
    const order = orderOf.get(task.task) ?? 0;
    const key = task.priority * orderSpan + order;
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, { order, priority: task.priority, tasks: [task] });
    else bucket.tasks.push(task);
  }
  const punctual = [...buckets.values()].sort(byLotus).flatMap(({ tasks }) => tasks.sort(bySector));
  return [...overdue.sort(byAge), ...punctual];
}

/** Tasks that only their sector's number and their age tell apart: there are few of these, and sorting within them is cheap. */
interface Bucket {
  readonly order: number;
  readonly priority: number;
  readonly tasks: QueuedTask[];
}

/** More than the orders of task types span. */
const orderSpan = 64;

function byLotus(a: Bucket, b: Bucket): number {
  if (a.order < 0 !== b.order < 0) return a.order - b.order;
  return b.priority - a.priority || a.order - b.order;
}

function bySector(a: QueuedTask, b: QueuedTask): number {
  return a.sector.Number - b.sector.Number || byAge(a, b);
}

function byAge(a: QueuedTask, b: QueuedTask): number {
  return a.queuedAt - b.queuedAt || (a.id < b.id ? -1 : 1);
}
