import { taskByName, type TaskCode } from '@sealctl/core/lotus/task-type';

/** A daemon that serves now and is interrupted, with the task types that it offers before and after. */
export interface InterruptedDaemon {
  /** Its name at the miner; absent for the miner itself and for a worker that was removed from cluster.yaml. */
  readonly label?: string;
  readonly before: readonly TaskCode[];
  readonly after: readonly TaskCode[];
}

/** Workers that offer each task type. */
export type ServingCounts = Readonly<Partial<Record<TaskCode, number>>>;

/** An enabled worker as the miner lists it. */
export interface OfferingWorker {
  readonly label: string;
  readonly tasks: readonly TaskCode[];
}

/** The miner's answer during a rollout: its enabled workers, or why it cannot be asked. */
export type ServingNow = readonly OfferingWorker[] | { readonly unreachable: string };

/** Counts the workers that offer each task type. */
export function servingCounts(workers: Iterable<Pick<OfferingWorker, 'tasks'>>): ServingCounts {
  const counts: Partial<Record<TaskCode, number>> = {};
  for (const { tasks } of workers) for (const code of tasks) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** The task types of full names; names that are none are left out. */
export function taskCodes(names: readonly string[]): TaskCode[] {
  return names.flatMap((name) => {
    const type = taskByName(name);
    return type === undefined ? [] : [type.code];
  });
}

/** Workers left that offer each task type: daemons that are interrupted take theirs away and give back what they offer afterwards. */
export class WorkersLeft {
  readonly #left: Map<TaskCode, number>;
  readonly #offeredBy: (daemon: InterruptedDaemon) => readonly TaskCode[];

  constructor(counts: ServingCounts, offeredBy: (daemon: InterruptedDaemon) => readonly TaskCode[]) {
    this.#left = new Map(Object.entries(counts) as [TaskCode, number][]);
    this.#offeredBy = offeredBy;
  }

  takeAway(daemons: readonly InterruptedDaemon[]): void {
    for (const code of daemons.flatMap(this.#offeredBy)) this.#add(code, -1);
  }

  giveBack(daemons: readonly InterruptedDaemon[]): void {
    for (const code of daemons.flatMap(({ after }) => after)) this.#add(code, 1);
  }

  /** True when one of the daemons offers the task type and fewer than `min` workers would be left without them. */
  fallsBelow(min: number, code: TaskCode, daemons: readonly InterruptedDaemon[]): boolean {
    const own = daemons.flatMap(this.#offeredBy).filter((offered) => offered === code).length;
    return own > 0 && (this.#left.get(code) ?? 0) - own < min;
  }

  #add(code: TaskCode, count: number): void {
    this.#left.set(code, (this.#left.get(code) ?? 0) + count);
  }
}

/** The workers that the miner lists now, without the interrupted ones. */
export function leftOf(
  workers: readonly OfferingWorker[],
  interrupted: readonly InterruptedDaemon[],
): WorkersLeft {
  const byLabel = new Map<string | undefined, TaskCode[]>();
  for (const { label, tasks } of workers) byLabel.set(label, [...(byLabel.get(label) ?? []), ...tasks]);
  const left = new WorkersLeft(servingCounts(workers), ({ label }) => byLabel.get(label) ?? []);
  left.takeAway(interrupted);
  return left;
}
