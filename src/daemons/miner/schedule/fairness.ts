import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { byAge, kindOf } from './order.ts';
import type { EndedTask, QueuedTask, Snapshot } from './snapshot.ts';

/**
 * Fairness between kinds of task, beyond Lotus's order. Age alone would let a backlog of an early phase, older than the patience as a whole, go before
 * every later phase. So patience is counted for kinds of task: it runs while none of the kind that waited at least as long is at a worker.
 * A backlog that is being worked off is in nobody's way, and a kind that is passed over gets one task placed, then one more.
 */
export interface Fairness {
  /** Overdue tasks whose kind is passed over, the one that was for longest first. */
  readonly starving: readonly QueuedTask[];
  /** Whether one of the kind that waited at least as long is at a worker, or has one kept free. */
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
  /** By kind, how long ago the longest waiting one that is served was queued. */
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

/** When the last task ended that waited at least as long as this one. */
function lastEnd(ended: readonly EndedTask[] = [], { queuedAt }: Aging): number {
  for (let at = ended.length - 1; at >= 0; at -= 1)
    if (ended[at]!.queuedAt <= queuedAt) return ended[at]!.endedAt;
  return -Infinity;
}

/** Records ended tasks for `Snapshot.ended`. */
export interface EndedTasks {
  readonly byKind: ReadonlyMap<number, readonly EndedTask[]>;
  /** Sets the tasks that are at workers; tasks of the previous call that are missing have ended. */
  readonly observe: (active: Iterable<Aging & { readonly id: string }>, now: number) => void;
}

/** Older ends matter to none but the oldest tasks of a kind, and little to them. */
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
