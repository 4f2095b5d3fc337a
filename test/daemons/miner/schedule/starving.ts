import { decide, type Decision } from '../../../../src/daemons/miner/schedule/decide.ts';
import { kindOf } from '../../../../src/daemons/miner/schedule/order.ts';
import type {
  ActiveTask,
  QueuedTask,
  WorkerSnapshot,
} from '../../../../src/daemons/miner/schedule/snapshot.ts';
import type { Cluster } from './arbitrary-cluster.ts';
import { task } from './cluster.ts';
import { oracleOf } from './oracle.ts';

/** Whether the first is of the kind of the second and has waited at least as long. */
export function comesFirst(one: QueuedTask | ActiveTask, other: QueuedTask): boolean {
  return one.task === other.task && one.priority === other.priority && one.queuedAt <= other.queuedAt;
}

/** Whether a task has waited longer than the patience since one that comes before it in its kind was at a worker. */
export function isStarving(waits: QueuedTask, { snapshot, policy }: Cluster): boolean {
  const ends = (snapshot.ended.get(kindOf(waits)) ?? []).filter(({ queuedAt }) => queuedAt <= waits.queuedAt);
  const since = Math.max(waits.queuedAt, waits.notBefore ?? 0, ...ends.map(({ endedAt }) => endedAt));
  return (
    snapshot.now - since > policy.patienceMs &&
    !snapshot.workers.some(({ active }) => active.some((each) => comesFirst(each, waits)))
  );
}

/** The tasks that workers are kept free for, by the reasons of the tasks that wait for these workers: each once. */
export function holdsIn(
  { queue }: Cluster['snapshot'],
  decision: Decision,
): { worker: string; taskId: string }[] {
  const holds = queue
    .flatMap(({ id }) => decision.explain(id))
    .flatMap(({ workerId, reason }) =>
      reason.because === 'reserved-for' ? [{ worker: workerId, taskId: reason.taskId }] : [],
    );
  return [...new Map(holds.map((hold) => [`${hold.worker} ${hold.taskId}`, hold])).values()];
}

/**
 * The task that a worker is kept free for, found by adding a task of the type of another one that may go to this worker only and comes last, so
 * that the decision keeps the same workers free. Undefined where the worker is not kept free from that type.
 */
export function heldFor(
  like: QueuedTask,
  worker: WorkerSnapshot,
  { snapshot, policy }: Cluster,
): string | undefined {
  const others = snapshot.workers.filter((each) => each !== worker);
  const asks = task(like.task, {
    id: 'asks',
    sector: { Miner: 1000, Number: 9999 },
    proof: like.proof,
    priority: -1,
    queuedAt: snapshot.now,
    avoid: others.map(({ id }) => ({ worker: id })),
  });
  const decision = decide({ ...snapshot, queue: [...snapshot.queue, asks] }, policy);
  const reason = decision.explain('asks').find(({ workerId }) => workerId === worker.id)?.reason;
  return reason?.because === 'reserved-for' ? reason.taskId : undefined;
}

/**
 * Starving tasks that wait for nothing but memory, threads or GPUs of a worker that is kept free for no other task, and whether a worker is kept
 * free for them, or for one of their kind that comes before them.
 */
export function starvingIn(cluster: Cluster): { taskId: string; isHeld: boolean }[] {
  const { snapshot, policy } = cluster;
  const { workers, queue } = snapshot;
  const decision = decide(snapshot, policy);
  const oracle = oracleOf(snapshot, policy);
  for (const assignment of decision.assignments) oracle.follow(assignment);
  const given = new Set(decision.assignments.map(({ taskId }) => taskId));
  const starving = queue
    .filter((each) => !given.has(each.id) && isStarving(each, cluster))
    .map((each) => ({
      each,
      lacks: workers.map((worker) => oracle.refusals(each, worker)),
    }));
  // A worker that is full by a limit is kept free of one type of task alone: the others see no reason of that kind.
  const isLimited = (at: number): boolean => starving.some(({ lacks }) => lacks[at]!.includes('limit'));

  return starving.flatMap(({ each, lacks }) => {
    const first = new Set(queue.filter((other) => comesFirst(other, each)).map(({ id }) => id));
    // Tasks that take nothing may go to a worker that is kept free: such a task is no way to find that out.
    const takesNothing = policy.defaultResources(each.task, each.proof).MaxMemory <= 2 ** 20;
    if (takesNothing || [...first].some((id) => given.has(id))) return [];
    if (lacks.some((refusals) => refusals.includes('limit'))) return [];
    const lacksRoom = workers.filter((_, at) => lacks[at]!.join() === 'machine' && !isLimited(at));
    if (lacksRoom.length === 0) return [];
    const holds = new Map(workers.map((worker) => [worker, heldFor(each, worker, cluster)]));
    const isForIt = (id: string | undefined): boolean => id !== undefined && first.has(id);
    const couldBeHeld = lacksRoom.some(
      (worker) => holds.get(worker) === undefined || isForIt(holds.get(worker)),
    );
    return couldBeHeld ? [{ taskId: each.id, isHeld: [...holds.values()].some(isForIt) }] : [];
  });
}
