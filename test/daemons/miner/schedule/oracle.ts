import { taskTypes, type TaskCode } from '../../../../src/core/lotus/task-type.ts';
import type { Assignment } from '../../../../src/daemons/miner/schedule/decide.ts';
import type {
  QueuedTask,
  SchedulePolicy,
  Snapshot,
  WorkerSnapshot,
} from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { makePathRules } from './path-oracle.ts';

/** Why a worker may not have a task. `machine`: memory, threads or GPUs, `too-small` even when idle; `path`: no path for its files. */
export type Refusal =
  | 'disabled'
  | 'not-accepted'
  | 'avoided'
  | 'prefer-avoided'
  | 'paused'
  | 'locked'
  | 'limit'
  | 'machine'
  | 'too-small'
  | 'not-holder'
  | 'path';

/** The rules of a cluster while a decision is followed step by step. */
export interface Oracle {
  /** Every rule that keeps a task from a worker at this moment. */
  readonly refusals: (task: QueuedTask, worker: WorkerSnapshot) => readonly Refusal[];
  /** What is wrong with the next assignment of a decision, which counts from then on. */
  readonly follow: (assignment: Assignment) => readonly string[];
}

type Placed = Pick<QueuedTask, 'task' | 'proof' | 'sector' | 'locks'> & { readonly preparing: boolean };

/**
 * docs/spec/lotus.md sections 12.3, 12.4 and 12.6, written as plainly as can be, to judge decisions by. It differs from Lotus
 * where this scheduler is meant to: preparation counts as execution does, moves ask for paths of the sector's own miner, and what a task does
 * not ask for cannot be lacking. `isKeptFree`: whether the decision keeps a worker free from a task, which is judged elsewhere.
 */
export function oracleOf(
  { now, workers, queue, storage }: Snapshot,
  policy: SchedulePolicy,
  isKeptFree: (task: QueuedTask, worker: WorkerSnapshot) => boolean = () => false,
): Oracle {
  const paths = makePathRules({ now, workers, storage }, policy);
  const given = new Set<string>();
  const at = new Map<WorkerSnapshot, Placed[]>(
    workers.map((worker) => [
      worker,
      worker.active.map((task) => ({ ...task, preparing: task.stage === 'preparing' })),
    ]),
  );

  function resourcesOf({ info }: WorkerSnapshot, task: TaskCode, proof: number) {
    const name = taskTypes.find(({ code }) => code === task)!.name;
    const own = info.Resources.Resources?.[name]?.[proof] ?? policy.defaultResources(task, proof);
    const usesGpu = (info.Resources.GPUs ?? []).length > 0 && own.GPUUtilization > 0;
    const parallelism = usesGpu && own.MaxParallelismGPU !== 0 ? own.MaxParallelismGPU : own.MaxParallelism;
    const limit = Math.floor(info.Resources.CPUs * 0.92);
    const threads = parallelism === -1 ? (limit === 0 ? info.Resources.CPUs : limit) : parallelism;
    return { ...own, threads, gpu: usesGpu ? own.GPUUtilization : 0 };
  }

  function isAtLimit(task: QueuedTask, worker: WorkerSnapshot): boolean {
    const tasks = at.get(worker)!.filter(({ proof }) => proof === task.proof);
    const fetches = tasks.filter((each) => each.task === 'GET' || each.preparing).length;
    const count = task.task === 'GET' ? fetches : tasks.filter((each) => each.task === task.task).length;
    const limit = resourcesOf(worker, task.task, task.proof).MaxConcurrent;
    const fetchLimit = resourcesOf(worker, 'GET', task.proof).MaxConcurrent;
    return (
      (limit > 0 && count >= limit) || (task.fetch !== undefined && fetchLimit > 0 && fetches >= fetchLimit)
    );
  }

  function isTooMuch(task: QueuedTask, worker: WorkerSnapshot, beside: readonly Placed[]): boolean {
    if (worker.info.IgnoreResources) return false;
    const machine = worker.info.Resources;
    const wants = resourcesOf(worker, task.task, task.proof);
    const taken = beside.map((each) => resourcesOf(worker, each.task, each.proof));
    const sum = (part: 'MinMemory' | 'MaxMemory' | 'threads' | 'gpu'): number =>
      taken.reduce((total, each) => total + each[part], 0);
    const others = machine.MemUsed + machine.MemSwapUsed;
    const exceeds = (asks: number, left: number): boolean => asks > 0 && asks > left;
    return (
      exceeds(wants.MinMemory + wants.BaseMinMemory, machine.MemPhysical - sum('MinMemory')) ||
      exceeds(
        wants.MaxMemory + wants.BaseMinMemory,
        machine.MemPhysical + machine.MemSwap - Math.max(sum('MaxMemory'), others),
      ) ||
      exceeds(wants.threads, machine.CPUs - sum('threads')) ||
      exceeds(wants.gpu, (machine.GPUs ?? []).length - sum('gpu'))
    );
  }

  /** Any number of readers, or one writer, of each kind of file of a sector. */
  function isLocked({ sector, locks }: QueuedTask): boolean {
    return [...at.values()]
      .flat()
      .filter((each) => each.sector.Miner === sector.Miner && each.sector.Number === sector.Number)
      .some((other) => {
        const used = other.locks.reads | other.locks.writes;
        return (locks.writes & used) !== 0 || (locks.reads & other.locks.writes) !== 0;
      });
  }

  const isIn = (list: QueuedTask['avoid'], { id }: WorkerSnapshot): boolean =>
    (list ?? []).some((each) => each.worker === id);

  function refusals(task: QueuedTask, worker: WorkerSnapshot): Refusal[] {
    const isTooSmall = isTooMuch(task, worker, []);
    const broken: readonly (readonly [Refusal, boolean])[] = [
      ['disabled', !worker.enabled],
      ['not-accepted', !worker.tasks.has(task.task)],
      ['avoided', isIn(task.avoid, worker)],
      ['paused', (task.notBefore ?? 0) > now],
      ['locked', isLocked(task)],
      ['limit', isAtLimit(task, worker)],
      ['too-small', isTooSmall],
      ['machine', !isTooSmall && isTooMuch(task, worker, at.get(worker)!)],
    ];
    return [
      ...broken.filter(([, isBroken]) => isBroken).map(([refusal]) => refusal),
      ...paths.refusals(task, worker),
    ];
  }

  /** An avoided worker may have a task only while no other has all it needs but time. */
  function isPreferAvoided(task: QueuedTask, worker: WorkerSnapshot): boolean {
    const lacks = (other: WorkerSnapshot): boolean =>
      refusals(task, other).some((refusal) => !['paused', 'locked', 'limit', 'machine'].includes(refusal));
    return (
      isIn(task.preferAvoid, worker) &&
      workers.some((other) => !isIn(task.preferAvoid, other) && !lacks(other))
    );
  }

  const allRefusals = (task: QueuedTask, worker: WorkerSnapshot): Refusal[] => [
    ...refusals(task, worker),
    ...(isPreferAvoided(task, worker) ? (['prefer-avoided'] as const) : []),
  ];

  return {
    refusals: allRefusals,
    follow(assignment) {
      const task = queue.find(({ id }) => id === assignment.taskId)!;
      const worker = workers.find(({ id }) => id === assignment.workerId)!;
      const wrong: string[] = [...allRefusals(task, worker)];
      const able = workers.filter((each) => allRefusals(task, each).length === 0);
      if (
        paths.isNearer(task, worker, able) &&
        paths.isNearer(
          task,
          worker,
          able.filter((each) => !isKeptFree(task, each)),
        )
      )
        wrong.push('passes by a holder of its files');
      if (given.has(task.id)) wrong.push('given twice');
      given.add(task.id);
      wrong.push(...paths.follow(task, worker, assignment));
      at.get(worker)!.push({ ...task, preparing: task.fetch !== undefined });
      return wrong.map((what) => `${task.task} ${task.id} on ${worker.id}: ${what}`);
    },
  };
}
