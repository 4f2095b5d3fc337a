import { defaultResources } from '../src/core/lotus/resource-table.ts';
import { sectorSizeOfProof } from '../src/core/lotus/seal-proof.ts';
import { fileMaskOf, sectorName } from '../src/core/lotus/sector-file.ts';
import { taskTypes, type TaskCode } from '../src/core/lotus/task-type.ts';
import { snapshotOf } from '../src/daemons/miner/sealing/snapshot-of.ts';
import { makeStorageIndex } from '../src/daemons/miner/storage-index.ts';
import { decide } from '../src/daemons/miner/schedule/decide.ts';
import type { FileLocation } from '../src/daemons/miner/file-index.ts';
import type {
  PathSnapshot,
  QueuedTask,
  SchedulePolicy,
  Snapshot,
} from '../src/daemons/miner/schedule/snapshot.ts';

/**
 * One scheduling cycle on a cluster of 1,000 workers in 40 storage groups, half of their slots taken, with queues of 1,000 to 20,000 tasks
 * of every phase. The reference is measured in the same run: the plainest scheduler that knows the same limits of a machine, which asks
 * every worker for every task. Times are CPU time of the process, so that a busy machine does not show in them.
 */
const workerCount = 1_000;
const repeats = 9;
const allPhases = ['AP', 'PC1', 'PC1', 'PC1', 'PC2', 'PC2', 'C1', 'C2', 'FIN', 'GET'] as const;
const goalMs = 100;
const layers = fileMaskOf(['cache', 'sealed']);
const policy: SchedulePolicy = {
  assigner: 'utilization',
  patienceMs: 3_600_000,
  bytesPerSecond: 100 * 2 ** 20,
  disallowRemoteFinalize: false,
  defaultResources: (task, proof) => defaultResources(task, sectorSizeOfProof(proof) ?? '32GiB'),
};

const rows = [1_000, 2_500, 5_000, 10_000, 20_000].map((tasks) => {
  const at = clusterWith(tasks);
  const ours = median(repeats, () => decide(at, policy).assignments.length);
  const plain = median(1, () => plainPass(at));
  return { tasks, ...ours, plainMs: plain.ms };
});
for (const { tasks, ms, result, plainMs } of rows)
  process.stdout.write(
    `${String(tasks).padStart(6)} tasks: ${ms.toFixed(1).padStart(6)} ms, ${result} assigned, ` +
      `${((ms * 1000) / tasks).toFixed(1)} us a task; the plain scan takes ${(plainMs / ms).toFixed(1)} times as long\n`,
  );
const goal = rows.find(({ tasks }) => tasks === 10_000);
const met = goal !== undefined && goal.ms < goalMs;
process.stdout.write(
  `goal: 10000 tasks on ${workerCount} workers under ${goalMs} ms: ${met ? 'met' : 'MISSED'}\n`,
);
if (!met) process.exitCode = 1;

/** Every slot taken, and a queue of PC1 that is older than the patience: nothing can be given out, and nothing may cost more for it. */
const full = [1_000, 10_000].map((tasks) => {
  const at = clusterWith(tasks, ['PC1'], 9);
  const now = policy.patienceMs * 2;
  const paths = new Map([...at.storage.paths].map(([id, path]) => [id, { ...path, heardAt: now }]));
  return {
    tasks,
    ...median(
      repeats,
      () => decide({ ...at, now, storage: { ...at.storage, paths } }, policy).assignments.length,
    ),
  };
});
for (const { tasks, ms, result } of full)
  process.stdout.write(
    `${String(tasks).padStart(6)} overdue tasks, all workers full: ${ms.toFixed(1)} ms, ${result} assigned\n`,
  );

const finished = 200_000;
const index = makeStorageIndex(
  () => 0,
  () => undefined,
);
for (const { info, stat } of clusterWith(0).storage.paths.values()) index.attach(info, stat);
for (let number = 0; number < finished; number += 1)
  index.declareSector(`store-${(number % 100) * 10}`, { Miner: 1000, Number: number }, layers, true);
const idle = median(repeats, () => {
  const registry = { list: () => [] };
  const at = snapshotOf({ registry, index, jobs: [], durations: new Map(), ended: new Map(), now: 0 });
  return decide(at, policy).assignments.length;
});
process.stdout.write(
  `an empty queue beside ${finished} finished sectors: ${idle.ms.toFixed(1)} ms with its snapshot\n`,
);

function clusterWith(tasks: number, codes: readonly TaskCode[] = allPhases, taken?: number): Snapshot {
  const paths = new Map<string, PathSnapshot>();
  const holders = new Map<string, FileLocation[]>();
  const all = new Set(taskTypes.map((type) => type.code));
  const workers = Array.from({ length: workerCount }, (_, index) => {
    const group = `group-${index % 40}`;
    paths.set(`seal-${index}`, pathOf(`seal-${index}`, group, true));
    if (index % 10 === 0) paths.set(`store-${index}`, pathOf(`store-${index}`, group, false));
    const busy = Array.from({ length: taken ?? index % 3 }, (__, at) => ({
      ...taskOf('PC1', 1_000_000 + index * 10 + at),
      stage: 'running' as const,
      reservations: [],
      endsAt: 3_600_000 * (at + 1),
    }));
    return {
      id: `worker-${index}`,
      name: `worker-${index}`,
      enabled: true,
      info: {
        Hostname: `worker-${index}`,
        IgnoreResources: false,
        Resources: {
          MemPhysical: 512 * 2 ** 30,
          MemUsed: 8 * 2 ** 30,
          MemSwap: 0,
          MemSwapUsed: 0,
          CPUs: 64,
          GPUs: index % 4 === 0 ? ['A', 'B'] : [],
          Resources: null,
        },
      },
      tasks: all,
      paths: index % 10 === 0 ? [`seal-${index}`, `store-${index}`] : [`seal-${index}`],
      active: busy,
    };
  });
  const queue = Array.from({ length: tasks }, (_, index) => {
    const made = taskOf(codes[index % codes.length]!, index);
    if (made.need.kind !== 'anywhere')
      holders.set(sectorName(made.sector), [{ path: `seal-${(index * 7919) % workerCount}`, files: layers }]);
    return made;
  });
  return { now: 0, workers, queue, storage: { paths, holders }, ended: new Map() };
}

function taskOf(task: TaskCode, number: number): QueuedTask {
  const sealing = { files: layers, use: 'sealing', mode: 'move' } as const;
  const base = {
    id: `task-${number}`,
    sector: { Miner: 1000, Number: number },
    proof: 8,
    task,
    priority: number % 5 === 0 ? 1024 : 0,
    queuedAt: 0,
    lasts: 1_800_000,
    locks: { reads: 0, writes: layers },
  };
  switch (task) {
    case 'PC1':
      return { ...base, need: { kind: 'allocate', files: layers, use: 'sealing' } };
    case 'PC2':
      return { ...base, need: { kind: 'holder', files: layers, fetchable: true }, fetch: sealing };
    case 'C1':
    case 'FIN':
      return { ...base, need: { kind: 'holder', files: layers, fetchable: false }, fetch: sealing };
    case 'GET':
      return { ...base, need: { kind: 'move', files: layers }, fetch: { ...sealing, use: 'storage' } };
    default:
      return { ...base, need: { kind: 'anywhere' } };
  }
}

function pathOf(id: string, group: string, seal: boolean): PathSnapshot {
  const capacity = 20e12;
  const none = { AllowTypes: null, DenyTypes: null, AllowMiners: null, DenyMiners: null };
  return {
    info: {
      ID: id,
      URLs: [`http://${id}/remote`],
      Weight: 10,
      MaxStorage: 0,
      CanSeal: seal,
      CanStore: !seal,
      Groups: [group],
      AllowTo: [group],
      ...none,
    },
    stat: { Capacity: capacity, Available: capacity, FSAvailable: capacity, Reserved: 0, Max: 0, Used: 0 },
    heardAt: 0,
    ailment: '',
  };
}

/** For every task, every worker: threads and memory only, first fit by load. */
function plainPass({ workers, queue }: Snapshot): number {
  const load = workers.map(({ active }) => ({ cpu: active.length, memory: active.length * 56 * 2 ** 30 }));
  let assigned = 0;
  for (const { task } of queue) {
    const { MinMemory, MaxParallelism } = defaultResources(task, '32GiB');
    let best = -1;
    for (const [index, { info, tasks }] of workers.entries()) {
      const { CPUs, MemPhysical } = info.Resources;
      const threads = MaxParallelism === -1 ? Math.floor(CPUs * 0.92) : MaxParallelism;
      if (!tasks.has(task) || load[index]!.cpu + threads > CPUs) continue;
      if (load[index]!.memory + MinMemory > MemPhysical) continue;
      if (best < 0 || load[index]!.cpu / CPUs < load[best]!.cpu / workers[best]!.info.Resources.CPUs)
        best = index;
    }
    if (best < 0) continue;
    load[best]!.cpu += Math.max(0, MaxParallelism);
    load[best]!.memory += MinMemory;
    assigned += 1;
  }
  return assigned;
}

function median(times: number, work: () => number): { readonly ms: number; readonly result: number } {
  let result = work();
  const taken = Array.from({ length: times }, () => {
    const start = process.cpuUsage();
    result = work();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  }).sort((a, b) => a - b);
  return { ms: taken[Math.floor(taken.length / 2)] ?? 0, result };
}
