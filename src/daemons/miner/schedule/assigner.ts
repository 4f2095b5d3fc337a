import type { TaskCode } from '@sealctl/core/lotus/task-type';
import type { Assigner } from './snapshot.ts';
import type { ResourceUsage } from './resource-usage.ts';

/** The facts about a worker that an assigner uses. */
export interface Load {
  readonly usage: ResourceUsage;
  readonly utilization: number;
  /** Tasks given to it in this cycle, and those of them by type. */
  readonly given: number;
  readonly givenByTask: ReadonlyMap<TaskCode, number>;
  readonly activeByTask: ReadonlyMap<TaskCode, number>;
  /** Task types it accepts: a worker that can do little else comes first among equals. */
  readonly types: number;
}

/**
 * The first criterion when workers are ordered for a task type; among equals utilization decides, then the number of task types. `spread`
 * counts the tasks of one cycle, as in Lotus; since tasks are bound late here, most cycles give out one task, and utilization then decides.
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

/** A fixed shuffling of 32-bit numbers (the finalizer of MurmurHash3), so that chance is the same for the same input. */
function scatter(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
