/** CPUs and GPUs that a task needs, as the resource table grants them. */
export interface TaskNeeds {
  readonly threads: number;
  /** GPUs; a fraction shares one with others. */
  readonly gpus: number;
}

/** The CPUs and GPUs of a worker, which it allocates to its tasks. */
export interface Allotment {
  /** Empty when the worker shares the CPUs of its machine with everybody: then the system places every thread. */
  readonly cpus: readonly number[];
  /** As CUDA_VISIBLE_DEVICES names them. */
  readonly gpus: readonly string[];
}

/** The part of the machine a task is kept to; what is absent is not narrowed. */
export interface Allocation {
  readonly cpus?: readonly number[];
  readonly gpus?: readonly string[];
  /** Gives it back; more than once does no harm. */
  readonly release: () => void;
}

/**
 * Allocates the CPUs and GPUs of a worker to its tasks: always those that have the least to do, so that no two tasks share one while
 * another is idle. A task that asks for as much as there is gets all of it.
 */
export function makeAllocator({ cpus, gpus }: Allotment): (needs: TaskNeeds) => Allocation {
  const cpuLoads = new Map(cpus.map((cpu) => [cpu, 0]));
  const gpuLoads = new Map(gpus.map((gpu) => [gpu, 0]));
  return (needs) => {
    const ofCpus = needs.threads < cpus.length ? take(cpuLoads, needs.threads, 1) : undefined;
    const whole = Math.min(gpus.length, Math.ceil(needs.gpus));
    const ofGpus = whole > 0 ? take(gpuLoads, whole, needs.gpus / whole) : undefined;
    let held = true;
    return {
      ...(ofCpus === undefined ? {} : { cpus: ofCpus.taken }),
      ...(ofGpus === undefined ? {} : { gpus: ofGpus.taken }),
      release: () => {
        if (!held) return;
        held = false;
        ofCpus?.giveBack();
        ofGpus?.giveBack();
      },
    };
  };
}

/** Takes the `count` least loaded, in their own order, and adds `load` to each. */
function take<Unit>(loads: Map<Unit, number>, count: number, load: number) {
  const chosen = new Set(
    [...loads]
      .toSorted(([, left], [, right]) => left - right)
      .slice(0, count)
      .map(([unit]) => unit),
  );
  const add = (amount: number) => {
    for (const unit of chosen) loads.set(unit, (loads.get(unit) ?? 0) + amount);
  };
  add(load);
  return { taken: [...loads.keys()].filter((unit) => chosen.has(unit)), giveBack: () => add(-load) };
}
