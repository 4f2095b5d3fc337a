import { sectorName } from '../../lotus/sector-file.ts';
import { taskByName } from '../../lotus/task-type.ts';
import type { ActiveTask, Holding, Snapshot, WorkerSnapshot } from '../schedule/snapshot.ts';
import type { StorageIndex } from '../storage-index.ts';
import type { RegisteredWorker, WorkerRegistry } from '../worker-registry.ts';
import { activeTaskOf, queuedTaskOf, type Job } from './job.ts';

/** Everything the scheduler decides from, at one moment. */
export function snapshotOf(from: {
  readonly registry: WorkerRegistry;
  readonly index: StorageIndex;
  readonly jobs: readonly Job[];
  readonly durations: ReadonlyMap<string, number>;
  readonly ended: Snapshot['ended'];
  readonly now: number;
}): Snapshot {
  const { registry, jobs, durations, now } = from;
  const workers = registry.list().filter(({ canSeal }) => canSeal);
  const active = new Map<string, ActiveTask[]>();
  for (const job of jobs) {
    if (job.place === undefined) continue;
    const task = activeTaskOf(job, job.place, durations.get(`${job.work.task}:${job.proof}`));
    const { url } = job.place.worker;
    active.set(url, [...(active.get(url) ?? []), task]);
  }
  const sessionsOf = (url: string): string[] =>
    workers.filter((worker) => worker.url === url).map(({ session }) => session);
  return {
    now,
    workers: workers.map((worker) => workerSnapshot(worker, active.get(worker.url) ?? [])),
    queue: jobs.filter(({ place }) => place === undefined).map((job) => queuedTaskOf(job, now, sessionsOf)),
    storage: { paths: from.index.paths(), holders: holdersOf(from.index) },
    ended: from.ended,
  };
}

function workerSnapshot(worker: RegisteredWorker, active: readonly ActiveTask[]): WorkerSnapshot {
  return {
    id: worker.session,
    name: worker.info.Hostname,
    enabled: worker.enabled,
    info: worker.info,
    tasks: new Set(worker.tasks.flatMap((name) => taskByName(name)?.code ?? [])),
    paths: worker.paths.map(({ ID }) => ID),
    active,
  };
}

function holdersOf(index: StorageIndex): Map<string, Holding[]> {
  const holders = new Map<string, Holding[]>();
  for (const [path, sectors] of Object.entries(index.list()))
    for (const { Miner, Number: number, SectorFileType } of sectors) {
      const name = sectorName({ Miner, Number: number });
      const holding = { path, files: SectorFileType };
      const known = holders.get(name);
      if (known === undefined) holders.set(name, [holding]);
      else known.push(holding);
    }
  return holders;
}
