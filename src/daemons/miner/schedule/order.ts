import { taskTypes, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { QueuedTask } from './snapshot.ts';

const orderOf: ReadonlyMap<string, number> = new Map(taskTypes.map((type) => [type.code, type.order]));

/** Greater than the range of the orders of task types. */
const orderSpan = 64;

/** A number for the kind of a task. Tasks of one kind have the same type and priority: Lotus's order distinguishes them only by sector. */
export function kindOf(task: { readonly task: TaskCode; readonly priority: number }): number {
  return task.priority * orderSpan + (orderOf.get(task.task) ?? 0);
}

/** True for a task that has waited longer than the patience. */
export function isOverdue(task: QueuedTask, now: number, patienceMs: number): boolean {
  return now - Math.max(task.queuedAt, task.notBefore ?? 0) > patienceMs;
}

/**
 * Sorts the queue as Lotus does (docs/spec/lotus.md section 12.1): negative task order first, then higher priority, later pipeline stage,
 * smaller sector number. Unlike in Lotus, the overdue tasks of a kind come first, oldest first. Age and ID make the order total.
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
  /** The overdue tasks, in any order. */
  readonly overdue: readonly QueuedTask[];
}

/** Tasks of one kind. There are few kinds, so sorting within each is cheap. */
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
