import { decide } from '../../../../src/daemons/miner/schedule/decide.ts';
import type {
  ActiveTask,
  PathSnapshot,
  QueuedTask,
  SchedulePolicy,
  WorkerSnapshot,
} from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { makeEndedTasks } from '../../../../src/daemons/miner/schedule/fairness.ts';
import { path, running, snapshot } from './cluster.ts';

/** A cluster whose tasks run in virtual time, one cycle a tick. */
export interface World {
  readonly policy: SchedulePolicy;
  /** Workers without tasks; each has one path of its own. */
  readonly workers: readonly WorkerSnapshot[];
  readonly ticks: number;
  /** Milliseconds of one tick; 1 unless it says so. */
  readonly tick?: number;
  /** Tasks that come at a time. */
  readonly arrivals: (now: number) => readonly QueuedTask[];
  readonly lasts: (task: QueuedTask) => number;
  /** What follows a task that ended. */
  readonly next?: (task: QueuedTask, now: number) => readonly QueuedTask[];
  /** Bytes free on the path of a worker whose sectors are these: those given to it that have not ended. */
  readonly freeBytes?: (worker: string, given: readonly QueuedTask[]) => number;
}

export interface Run {
  readonly started: ReadonlyMap<string, number>;
  readonly ended: readonly QueuedTask[];
}

export function runWorld(world: World): Run {
  const { policy, tick = 1 } = world;
  const past = makeEndedTasks();
  const started = new Map<string, number>();
  const ended: QueuedTask[] = [];
  let queue: QueuedTask[] = [];
  let at: { readonly worker: string; readonly task: QueuedTask; readonly active: ActiveTask }[] = [];
  for (let now = 0; now < world.ticks * tick; now += tick) {
    const over = at.filter(({ active }) => active.endsAt <= now);
    at = at.filter((each) => !over.includes(each));
    ended.push(...over.map(({ task }) => task));
    queue.push(...world.arrivals(now), ...over.flatMap(({ task }) => world.next?.(task, now) ?? []));
    past.observe(
      at.map(({ active }) => active),
      now,
    );
    const workers = world.workers.map((each) => ({
      ...each,
      active: at.filter(({ worker }) => worker === each.id).map(({ active }) => active),
    }));
    const paths = workers.map(({ id }): PathSnapshot => {
      const given = at.filter(({ worker }) => worker === id).map(({ task }) => task);
      return { ...path(`path-${id}`, {}, world.freeBytes?.(id, given)), heardAt: now };
    });
    const decision = decide(snapshot(workers, queue, { now, paths, ended: past.byKind }), policy);
    const taken = new Set<string>();
    for (const { taskId, workerId } of decision.assignments) {
      const task = queue.find(({ id }) => id === taskId)!;
      taken.add(taskId);
      started.set(taskId, now);
      at.push({ worker: workerId, task, active: running(task, { endsAt: now + world.lasts(task) }) });
    }
    queue = queue.filter(({ id }) => !taken.has(id));
  }
  return { started, ended };
}
