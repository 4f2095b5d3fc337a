import { taskTypes, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { QueuedTask } from './snapshot.ts';

const orderOf: ReadonlyMap<string, number> = new Map(taskTypes.map((type) => [type.code, type.order]));

/** More than the orders of task types span. */
const orderSpan = 64;

/** Equal for tasks that Lotus's order distinguishes only by their sectors: those of one type and one priority. */
export function kindOf(task: { readonly task: TaskCode; readonly priority: number }): number {
  return task.priority * orderSpan + (orderOf.get(task.task) ?? 0);
}

/** True for a task that has waited longer than the patience. */
export function isOverdue(task: QueuedTask, now: number, patienceMs: number): boolean {
  return now - Math.max(task.queuedAt, task.notBefore ?? 0) > patienceMs;
}

/**
 * The order in which tasks are looked at; Lotus's (docs/spec/lotus.md section 12.1): a negative task order before any other, higher
 * priority, later pipeline stage, smaller sector number. Among tasks of one kind the overdue come first, oldest first, which is ours. Age
 * and id make it total.
 */
export function inQueueOrder(queue: readonly QueuedTask[], now: number, patienceMs: number): QueueOrder {
  const buckets = new Map<number, Bucket>();
  const overdue: QueuedTask[] = [];
  for (const task of queue) {
    const kind = kindOf(task);
    let bucket = buckets.get(kind);
    if (bucket === undefined) {
      bucket = { order: orderOf.get(task.task) ?? 0, priority: task.priority, overdue: [], punctual: [] };
      buckets.set(kind, bucket);
    }
    if (isOverdue(task, now, patienceMs)) {
      overdue.push(task);
      bucket.overdue.push(task);
    } else bucket.punctual.push(task);
  }
  const all = [...buckets.values()]
    .sort(byLotus)
    .flatMap((bucket) => [...bucket.overdue.sort(byAge), ...bucket.punctual.sort(bySector)]);
  return { all, overdue };
}

export interface QueueOrder {
  readonly all: readonly QueuedTask[];
  /** Those of them that are overdue, in any order. */
  readonly overdue: readonly QueuedTask[];
}

/** Tasks of one kind: there are few of these, and sorting within them is cheap. */
interface Bucket {
  readonly order: number;
  readonly priority: number;
  readonly overdue: QueuedTask[];
  readonly punctual: QueuedTask[];
}

function byLotus(a: Bucket, b: Bucket): number {
  if (a.order < 0 !== b.order < 0) return a.order - b.order;
  return b.priority - a.priority || a.order - b.order;
}

function bySector(a: QueuedTask, b: QueuedTask): number {
  return a.sector.Number - b.sector.Number || byAge(a, b);
}

/** Oldest first. */
export function byAge(a: QueuedTask, b: QueuedTask): number {
  return a.queuedAt - b.queuedAt || (a.id < b.id ? -1 : 1);
}
