import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { byAge, kindOf } from './order.ts';
import type { EndedTask, QueuedTask, Snapshot } from './snapshot.ts';

/**
 * Fairness between kinds of task, beyond Lotus's order. By age alone, a backlog of an early phase that is older than the patience would go
 * before every later phase. So patience is counted by kind of task. A kind is passed over while no worker has a task of the kind that was
 * queued as early or earlier. A backlog that workers are processing is not overdue, and a kind that is passed over gets one task placed at
 * a time.
 */
export interface Fairness {
  /** Overdue tasks whose kind is passed over, longest passed over first. */
  readonly starving: readonly QueuedTask[];
  /** Whether a worker runs, or is reserved for, a task of the same kind that was queued as early or earlier. */
  readonly isServed: (task: QueuedTask) => boolean;
  /** Counts a task as served. */
  readonly serve: (task: QueuedTask) => void;
}

interface Aging {
  readonly task: TaskCode;
  readonly priority: number;
  readonly queuedAt: number;
}

export function fairnessOf(
  { now, workers, ended }: Snapshot,
  overdue: readonly QueuedTask[],
  patienceMs: number,
): Fairness {
  /** By kind: when the oldest task that is served was queued. */
  const served = new Map<number, number>();
  const serve = (task: Aging): void => {
    const kind = kindOf(task);
    served.set(kind, Math.min(task.queuedAt, served.get(kind) ?? Infinity));
  };
  const isServed = (task: Aging): boolean => (served.get(kindOf(task)) ?? Infinity) <= task.queuedAt;
  for (const { active } of workers) for (const task of active) serve(task);
  const starving = overdue.flatMap((task) => {
    if (isServed(task)) return [];
    const since = Math.max(task.queuedAt, task.notBefore ?? 0, lastEnd(ended.get(kindOf(task)), task));
    return now - since > patienceMs ? [{ task, since }] : [];
  });
  starving.sort((a, b) => a.since - b.since || byAge(a.task, b.task));
  return { starving: starving.map(({ task }) => task), isServed, serve };
}

/** The end of the last task that was queued as early as this one or earlier. */
function lastEnd(ended: readonly EndedTask[] = [], { queuedAt }: Aging): number {
  for (let at = ended.length - 1; at >= 0; at -= 1)
    if (ended[at]!.queuedAt <= queuedAt) return ended[at]!.endedAt;
  return -Infinity;
}

/** Records ended tasks for `Snapshot.ended`. */
export interface EndedTasks {
  readonly byKind: ReadonlyMap<number, readonly EndedTask[]>;
  /** Sets the tasks that workers have now; tasks of the previous call that are missing have ended. */
  readonly observe: (active: Iterable<Aging & { readonly id: string }>, now: number) => void;
}

/** Ends kept for each kind; older ends matter only to the oldest tasks of a kind. */
const keptPerKind = 256;

export function makeEndedTasks(): EndedTasks {
  const byKind = new Map<number, EndedTask[]>();
  let before = new Map<string, Aging>();

  function note(task: Aging, endedAt: number): void {
    const kind = kindOf(task);
    const kept = byKind.get(kind) ?? [];
    byKind.set(kind, kept);
    // A later end of a task that waited longer makes an earlier end of a younger task redundant.
    while (kept.length > 0 && kept.at(-1)!.queuedAt >= task.queuedAt) kept.pop();
    kept.push({ queuedAt: task.queuedAt, endedAt });
    if (kept.length > keptPerKind) kept.shift();
  }

  return {
    byKind,
    observe(active, now) {
      const current = new Map([...active].map((task) => [task.id, task]));
      for (const [id, task] of before) if (!current.has(id)) note(task, now);
      before = current;
    },
  };
}
