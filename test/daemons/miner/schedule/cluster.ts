import { defaultResources, type ResourceTable } from '../../../../src/core/lotus/resource-table.ts';
import { sectorSizeOfProof } from '../../../../src/core/lotus/seal-proof.ts';
import { fileMaskOf, sectorName, type SectorFileTypeName } from '../../../../src/core/lotus/sector-file.ts';
import { taskTypes, type TaskCode } from '../../../../src/core/lotus/task-type.ts';
import type { FileLocation } from '../../../../src/daemons/miner/file-index.ts';
import type {
  ActiveTask,
  PathSnapshot,
  QueuedTask,
  SchedulePolicy,
  Snapshot,
  WorkerSnapshot,
} from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { newSectorStore } from '../../../../src/core/lotus/storage-files.ts';

export const GiB = 2 ** 30;
export const proof32GiB = 8;

export const policy: SchedulePolicy = {
  assigner: 'utilization',
  patienceMs: 3_600_000,
  bytesPerSecond: 100 * 2 ** 20,
  disallowRemoteFinalize: false,
  defaultResources: (task, proof) => defaultResources(task, sectorSizeOfProof(proof) ?? '32GiB'),
};

export const files = (...names: SectorFileTypeName[]): number => fileMaskOf(names);

/** A sealing path with plenty of space; `groups` are also those that may fetch from it. */
export function path(
  id: string,
  settings: Partial<PathSnapshot['info']> = {},
  available = 1e15,
): PathSnapshot {
  return {
    info: {
      ID: id,
      URLs: [`http://${id}/remote`],
      ...newSectorStore,
      CanSeal: true,
      ...settings,
    },
    stat: { Capacity: 1e15, Available: available, FSAvailable: available, Reserved: 0, Max: 0, Used: 0 },
    heardAt: 0,
    ailment: '',
  };
}

/** An idle worker of 64 threads, 512 GiB and two GPUs, with every task type and one path called after it. */
export function worker(
  id: string,
  change: Partial<WorkerSnapshot> & { limits?: ResourceTable } = {},
): WorkerSnapshot {
  const { limits, ...rest } = change;
  return {
    id,
    name: id,
    enabled: true,
    info: {
      Hostname: id,
      IgnoreResources: false,
      Resources: {
        MemPhysical: 512 * GiB,
        MemUsed: 0,
        MemSwap: 0,
        MemSwapUsed: 0,
        CPUs: 64,
        GPUs: ['A', 'B'],
        Resources: limits ?? null,
      },
    },
    tasks: new Set(taskTypes.map((type) => type.code)),
    paths: [`path-${id}`],
    active: [],
    ...rest,
  };
}

let serial = 0;

/** A queued task of a sector of its own, of which is not known when it will end. */
export function task(code: TaskCode, change: Partial<QueuedTask> = {}): QueuedTask {
  serial += 1;
  return {
    id: `task-${serial}`,
    sector: { Miner: 1000, Number: serial },
    proof: proof32GiB,
    task: code,
    priority: 0,
    queuedAt: 0,
    lasts: Infinity,
    need: { kind: 'anywhere' },
    locks: { reads: 0, writes: 0 },
    ...change,
  };
}

/** The task as it is once a worker has it. */
export function running(queued: QueuedTask, change: Partial<ActiveTask> = {}): ActiveTask {
  const { id, sector, proof, priority, queuedAt, task: code, locks } = queued;
  return {
    id,
    sector,
    proof,
    priority,
    queuedAt,
    task: code,
    locks,
    stage: 'running',
    reservations: [],
    endsAt: Infinity,
    ...change,
  };
}

/** A snapshot at time 0 in which every worker's paths exist unless `paths` tells them. */
export function snapshot(
  workers: readonly WorkerSnapshot[],
  queue: readonly QueuedTask[],
  extra: {
    paths?: readonly PathSnapshot[];
    holders?: Record<number, FileLocation[]>;
    now?: number;
    ended?: Snapshot['ended'];
  } = {},
): Snapshot {
  const paths = extra.paths ?? workers.flatMap((each) => each.paths.map((id) => path(id)));
  const holders = Object.entries(extra.holders ?? {}).map(
    ([number, held]) => [sectorName({ Miner: 1000, Number: Number(number) }), held] as const,
  );
  return {
    now: extra.now ?? 0,
    workers,
    queue,
    storage: { paths: new Map(paths.map((each) => [each.info.ID, each])), holders: new Map(holders) },
    ended: extra.ended ?? new Map(),
  };
}

/** A table in which one task type has a limit. */
export function limit(code: TaskCode, max: number): ResourceTable {
  const name = taskTypes.find((type) => type.code === code)!.name;
  return { [name]: { [proof32GiB]: { ...defaultResources(code, '32GiB'), MaxConcurrent: max } } };
}
