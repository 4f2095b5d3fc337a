/** CPUs and GPUs that a task needs, as the resource table grants them. */
export interface TaskNeeds {
  readonly threads: number;
  /** Number of GPUs; a fraction shares a GPU with other tasks. */
  readonly gpus: number;
}

/** The CPUs and GPUs of a worker, which it allocates to its tasks. */
export interface Allotment {
  /** Empty when the worker shares all CPUs of its machine with other processes: then the scheduler of the system places every thread. */
  readonly cpus: readonly number[];
  /** GPU names as in CUDA_VISIBLE_DEVICES. */
  readonly gpus: readonly string[];
}

/** The CPUs and GPUs that a task may use; an absent field means no restriction. */
export interface Allocation {
  readonly cpus?: readonly number[];
  readonly gpus?: readonly string[];
  /** Releases the allocation; further calls have no effect. */
  readonly release: () => void;
}

/**
 * Allocates the CPUs and GPUs of a worker to its tasks, least loaded first, so that no two tasks share one while another is idle. A task
 * that needs at least as many as there are gets all of them.
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

/** Selects the `count` least loaded units, keeps their original order, and adds `load` to each. */
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
