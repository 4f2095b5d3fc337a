import fc from 'fast-check';
import { defaultResources, type Resources } from '../../../../src/core/lotus/resource-table.ts';
import { sectorName } from '../../../../src/core/lotus/sector-file.ts';
import { taskTypes, type TaskCode } from '../../../../src/core/lotus/task-type.ts';
import type { FileLocation } from '../../../../src/daemons/miner/file-index.ts';
import { kindOf } from '../../../../src/daemons/miner/schedule/order.ts';
import type {
  ActiveTask,
  EndedTask,
  PathSnapshot,
  QueuedTask,
  SchedulePolicy,
  Snapshot,
  WorkerSnapshot,
} from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { files, GiB, path, policy, running, worker } from './cluster.ts';
import { fullHolder } from './full-holder.ts';
import { kinds, layers, unsealed, updated } from './task-kinds.ts';

const now = 7_200_000;
const codes: readonly TaskCode[] = [...new Set(kinds.map(({ task }) => task))];
/** 32 GiB, its synthetic sister that is counted by itself, and 64 GiB. */
const proofs = [8, 13, 9] as const;

/** Mostly the usual, now and then something else. */
function rarely<Value>(usual: Value, other: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 7, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
}

const list = (...some: string[][]): fc.Arbitrary<string[] | null> =>
  rarely<string[] | null>(null, fc.constantFrom([], ...some));
const groupList = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(null, []) },
  { weight: 4, arbitrary: fc.subarray(['red', 'green', 'blue'], { minLength: 1 }) },
);

const pathArbitrary = fc.record({
  info: fc.record({
    Weight: fc.integer({ min: 0, max: 20 }),
    CanSeal: rarely(true, fc.constant(false)),
    CanStore: fc.boolean(),
    Groups: groupList,
    AllowTo: groupList,
    AllowTypes: list(['cache', 'update-cache'], ['cache'], ['unsealed', 'sealed', 'update']),
    DenyTypes: list(['cache', 'update-cache'], ['sealed', 'update'], ['unsealed']),
    AllowMiners: list(['f01000'], ['t01001', 'nobody'], ['nobody']),
    DenyMiners: list(['t01000'], ['f01001'], ['nobody']),
  }),
  free: fc.integer({ min: 0, max: 3000 }),
  silentMs: rarely(0, fc.integer({ min: 40_000, max: 60_000 })),
  ailment: rarely('', fc.constant('disk gone')),
});

const limits = fc.array(
  fc.record({
    code: fc.constantFrom<TaskCode>('GET', 'GET', ...codes),
    proof: fc.constantFrom(...proofs),
    change: fc.record(
      {
        MaxConcurrent: fc.integer({ min: 1, max: 2 }),
        BaseMinMemory: fc.integer({ min: 0, max: 64 }).map((amount) => amount * GiB),
        MinMemory: fc.integer({ min: 0, max: 64 }).map((amount) => amount * GiB),
        MaxParallelism: fc.integer({ min: -1, max: 8 }),
        GPUUtilization: fc.constantFrom(0, 0.5, 1),
      },
      { requiredKeys: ['MaxConcurrent'] },
    ),
  }),
  { maxLength: 8 },
);

/** The kinds of task of which a few fill a machine. */
const demanding = kinds.filter(({ task }) => ['PC1', 'PC2', 'C2', 'PR2'].includes(task));

const taskArbitrary = fc.record({
  kind: fc.oneof(fc.constantFrom(...kinds), fc.constantFrom(...demanding)),
  proof: fc.constantFrom(...proofs),
  sector: fc.nat({ max: 15 }),
  priority: fc.constantFrom(0, 1024),
  // Often the same, so that something else must put tasks in order.
  age: fc.oneof(fc.constantFrom(30_000, 3_600_000), fc.integer({ min: 0, max: now })),
  stage: fc.constantFrom('preparing' as const, 'running' as const),
  endsIn: fc.constantFrom(60_000, 1_800_000, Infinity),
  // From now on. Patience begins with its end, so that hardly a task would ever be overdue if each had one.
  pause: rarely<number | undefined>(undefined, fc.constantFrom(-3_600_000, 1000)),
  avoid: rarely<number[]>([], fc.array(fc.nat({ max: 4 }), { maxLength: 2 })),
  preferAvoid: rarely<number[]>([], fc.array(fc.nat({ max: 4 }), { maxLength: 2 })),
  reserves: fc.array(
    fc.record({
      path: fc.nat({ max: 6 }),
      GiB: fc.integer({ min: 0, max: 600 }),
      seenAfter: fc.constantFrom(0, now - 45_000, Infinity),
    }),
    { maxLength: 2 },
  ),
});
type TaskDraft = typeof taskArbitrary extends fc.Arbitrary<infer Draft> ? Draft : never;

/** Of what fills machines, so that tasks of its kind are likely to wait. */
const endedArbitrary = fc.record({
  kind: fc.constantFrom(...demanding),
  priority: fc.constantFrom(0, 1024),
  age: fc.integer({ min: 0, max: now }),
  endedAgo: fc.constantFrom(0, 60_000, 3_600_000),
});
type EndedDraft = typeof endedArbitrary extends fc.Arbitrary<infer Draft> ? Draft : never;

const machine = fc.record({
  enabled: rarely(true, fc.constant(false)),
  ignores: rarely(false, fc.constant(true)),
  // Mostly enough for any task, so that a machine that refuses one is busy rather than too small.
  cpus: rarely(64, fc.integer({ min: 1, max: 128 })),
  memory: fc.oneof(fc.integer({ min: 200, max: 300 }), fc.integer({ min: 1, max: 768 })),
  used: rarely(0, fc.integer({ min: 0, max: 99 })),
  swap: fc.constantFrom(0, 64, 512),
  swapUsed: fc.integer({ min: 0, max: 99 }),
  gpus: fc.integer({ min: 0, max: 3 }),
  limits,
  accepts: rarely<TaskCode[]>([...codes], fc.subarray([...codes])),
  serves: fc.uniqueArray(fc.nat({ max: 6 }), { maxLength: 4 }),
  active: fc.array(taskArbitrary, { maxLength: 5, size: 'max' }),
});
type Machine = typeof machine extends fc.Arbitrary<infer Draft> ? Draft : never;

const locations = fc.array(
  fc.record({
    path: fc.nat({ max: 6 }),
    files: fc.constantFrom(layers, layers, files('cache'), files('sealed'), unsealed, updated, 63),
  }),
  { maxLength: 4 },
);

/** Everything a decision is made from. */
export interface Cluster {
  readonly snapshot: Snapshot;
  readonly policy: SchedulePolicy;
}

/** Busy and odd machines, several paths a worker, some of them shared, ill or for others, and tasks of every kind. */
const oddCluster: fc.Arbitrary<Cluster> = fc
  .record({
    machines: fc.array(machine, { minLength: 1, maxLength: 3 }),
    paths: fc.array(pathArbitrary, { minLength: 2, maxLength: 6 }),
    sectors: fc.array(locations, { minLength: 16, maxLength: 16 }),
    queue: fc.array(taskArbitrary, { maxLength: 20, size: 'max' }),
    ended: fc.array(endedArbitrary, { maxLength: 6 }),
    assigner: fc.constantFrom(
      'utilization',
      'spread',
      'experiment-spread-qcount',
      'experiment-spread-tasks',
      'experiment-spread-tasks-qcount',
      'experiment-random',
    ),
    patienceMs: fc.constantFrom(60_000, 1_800_000, Infinity),
    bytesPerSecond: fc.constantFrom(2 ** 20, 2 ** 30),
    disallowRemoteFinalize: fc.boolean(),
  })
  .map(({ machines, paths, sectors, queue, ended, ...rules }) => ({
    policy: { ...policy, ...rules },
    snapshot: {
      now,
      workers: machines.map(workerOf),
      queue: queue.map((draft, index) => queuedOf(draft, `task-${index}`)),
      storage: {
        paths: new Map(
          paths.map(({ info, free, silentMs, ailment }, index): [string, PathSnapshot] => [
            `path-${index}`,
            { ...path(`path-${index}`, info, free * GiB), heardAt: now - silentMs, ailment },
          ]),
        ),
        holders: new Map(
          sectors.map((held, number): [string, FileLocation[]] => [
            sectorName(sectorOf(number)),
            held.map((holding) => ({ ...holding, path: `path-${holding.path}` })),
          ]),
        ),
      },
      ended: endedOf(ended),
    },
  }));

/** Clusters at work. In some of them there is a task whose files are on a full worker while another worker is idle, which is rare otherwise. */
export const cluster: fc.Arbitrary<Cluster> = fc.oneof(
  { weight: 3, arbitrary: oddCluster },
  {
    weight: 1,
    arbitrary: fc
      .tuple(oddCluster, fullHolder)
      .map(([odd, added]) => ({ ...odd, snapshot: added(odd.snapshot) })),
  },
);

function endedOf(drafts: readonly EndedDraft[]): Snapshot['ended'] {
  const ended = new Map<number, EndedTask[]>();
  for (const { kind, priority, age, endedAgo } of drafts.toSorted((a, b) => b.endedAgo - a.endedAgo)) {
    const of = kindOf({ task: kind.task, priority });
    ended.set(of, [...(ended.get(of) ?? []), { queuedAt: now - age, endedAt: now - endedAgo }]);
  }
  return ended;
}

/** Every other sector is of another storage provider. */
function sectorOf(number: number): QueuedTask['sector'] {
  return { Miner: 1000 + (number % 2), Number: number };
}

function queuedOf(draft: TaskDraft, id: string): QueuedTask {
  const workers = (numbers: readonly number[]): { worker: string }[] =>
    numbers.map((number) => ({ worker: `w${number}` }));
  return {
    ...draft.kind,
    id,
    sector: sectorOf(draft.sector),
    proof: draft.proof,
    priority: draft.priority,
    queuedAt: now - draft.age,
    lasts: draft.endsIn,
    ...(draft.pause === undefined ? {} : { notBefore: now + draft.pause }),
    avoid: workers(draft.avoid),
    preferAvoid: workers(draft.preferAvoid),
  };
}

function workerOf(draft: Machine, index: number): WorkerSnapshot {
  const base = worker(`w${index}`);
  const table: Record<string, Record<string, Resources>> = {};
  for (const { code, proof, change } of draft.limits) {
    const name = taskTypes.find((type) => type.code === code)!.name;
    const resources = { ...defaultResources(code, proof === 9 ? '64GiB' : '32GiB'), ...change };
    table[name] = { ...table[name], [proof]: resources };
  }
  return {
    ...base,
    enabled: draft.enabled,
    tasks: new Set(draft.accepts),
    paths: draft.serves.map((number) => `path-${number}`),
    active: draft.active.map((each, at) => activeOf(each, `active-${index}-${at}`)),
    info: {
      ...base.info,
      IgnoreResources: draft.ignores,
      Resources: {
        MemPhysical: draft.memory * GiB,
        MemUsed: (draft.memory * GiB * draft.used) / 100,
        MemSwap: draft.swap * GiB,
        MemSwapUsed: (draft.swap * GiB * draft.swapUsed) / 100,
        CPUs: draft.cpus,
        GPUs: draft.gpus === 0 ? null : Array.from({ length: draft.gpus }, () => 'gpu'),
        Resources: table,
      },
    },
  };
}

function activeOf(draft: TaskDraft, id: string): ActiveTask {
  const { stage, endsIn, reserves } = draft;
  return running(queuedOf(draft, id), {
    stage,
    endsAt: now + endsIn,
    reservations: reserves.map((each) => ({
      path: `path-${each.path}`,
      bytes: each.GiB * GiB,
      seenAfter: each.seenAfter,
    })),
  });
}
