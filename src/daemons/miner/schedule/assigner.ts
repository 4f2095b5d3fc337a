import type { TaskCode } from '@sealctl/core/lotus/task-type';
import type { Assigner } from './snapshot.ts';
import type { ResourceUsage } from './resource-usage.ts';

/** The facts about a worker that an assigner uses. */
export interface Load {
  readonly usage: ResourceUsage;
  readonly utilization: number;
  /** Tasks assigned to the worker in this cycle: the total, and by type. */
  readonly given: number;
  readonly givenByTask: ReadonlyMap<TaskCode, number>;
  readonly activeByTask: ReadonlyMap<TaskCode, number>;
  /** Number of task types the worker accepts. Among equals the worker with the fewest comes first, since it can do little else. */
  readonly types: number;
}

/**
 * The first criterion for ordering workers for a task type. Utilization decides among equals, then the number of task types. `spread`
 * counts the tasks of one cycle, as in Lotus. Tasks are bound late here, so most cycles assign one task, and utilization decides.
 */
export function spreadOf(
  assigner: Assigner,
  task: TaskCode,
  load: Load,
  worker: number,
  seed: number,
): number {
  switch (assigner) {
    case 'utilization':
      return 0;
    case 'spread':
      return load.given;
    case 'experiment-spread-qcount':
      return load.usage.tasks;
    case 'experiment-spread-tasks':
      return load.givenByTask.get(task) ?? 0;
    case 'experiment-spread-tasks-qcount':
      return (load.givenByTask.get(task) ?? 0) + (load.activeByTask.get(task) ?? 0);
    case 'experiment-random':
      return scatter(seed ^ (worker * 0x9e3779b1) ^ (load.given * 0x85ebca6b));
  }
}

/** A fixed permutation of 32-bit numbers (the finalizer of MurmurHash3), so that the same input gives the same pseudorandom order. */
function scatter(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
