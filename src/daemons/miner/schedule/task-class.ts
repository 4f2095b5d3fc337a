import { spreadOf } from './assigner.ts';
import { makeCandidates, type Candidates } from './candidates.ts';
import { staticReason, type SchedulingCycle } from './cycle.ts';
import { storageReason } from './eligibility.ts';
import type { TaskRequest, TaskShape } from './task-request.ts';

/** By shape, then by the groups that may fetch. */
export type Classes = Map<TaskShape, Map<ReadonlySet<string> | undefined, TaskClass>>;

/** Tasks of one shape that the same groups may fetch: the same workers can take them, apart from those that hold their files. */
export interface TaskClass {
  readonly eligible: readonly number[];
  readonly candidates: Candidates;
  /** True once no eligible worker is left to reserve. */
  isReserved: boolean;
}

/** Returns the class of a task, for workers that hold none of its files, or undefined where only holders may have it. */
export function classOf(
  cycle: SchedulingCycle,
  classes: Classes,
  taskRequest: TaskRequest,
): TaskClass | undefined {
  if (taskRequest.onlyHolders) return undefined;
  const groups = taskRequest.request?.groups;
  let ofShape = classes.get(taskRequest.shape);
  if (ofShape === undefined) {
    ofShape = new Map();
    classes.set(taskRequest.shape, ofShape);
  }
  const known = ofShape.get(groups);
  if (known !== undefined) return known;
  const eligible = withinGroups(cycle, groups).filter(
    (index) =>
      staticReason(cycle.workers[index]!, taskRequest.task) === undefined &&
      storageReason(cycle, taskRequest, index) === undefined,
  );
  const candidates = makeCandidates(eligible, cycle.workers, (index) => spreadAt(cycle, taskRequest, index));
  const made = { eligible, candidates, isReserved: false };
  ofShape.set(groups, made);
  return made;
}

function withinGroups(
  { workers, inGroup }: SchedulingCycle,
  groups: ReadonlySet<string> | undefined,
): number[] {
  if (groups === undefined) return [...workers.keys()];
  return [...new Set([...groups].flatMap((group) => inGroup.get(group) ?? []))].sort((a, b) => a - b);
}

/** Returns the first criterion by which a worker is ordered for a task. */
export function spreadAt(cycle: SchedulingCycle, { task }: TaskRequest, index: number): number {
  return spreadOf(cycle.policy.assigner, task.task, cycle.workers[index]!, index, cycle.snapshot.now);
}
