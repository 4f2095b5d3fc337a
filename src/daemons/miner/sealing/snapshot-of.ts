import { taskByName } from '@sealctl/core/lotus/task-type';
import type { ActiveTask, Snapshot, WorkerSnapshot } from '../schedule/snapshot.ts';
import { usualTime } from '../schedule/usual-time.ts';
import type { StorageIndex } from '../storage-index.ts';
import type { RegisteredWorker, WorkerRegistry } from '../worker-registry.ts';
import { activeTaskOf, queuedTaskOf, type Job } from './job.ts';

/** Makes the scheduler's input from the current state. */
export function snapshotOf(from: {
  readonly registry: Pick<WorkerRegistry, 'list'>;
  readonly index: StorageIndex;
  readonly jobs: readonly Job[];
  readonly durations: ReadonlyMap<string, number>;
  readonly ended: Snapshot['ended'];
  readonly now: number;
}): Snapshot {
  const { registry, jobs, durations, now } = from;
  const workers = registry.list().filter(({ canSeal }) => canSeal);
  const lasts = ({ spec, proof }: Job): number =>
    durations.get(`${spec.task}:${proof}`) ?? usualTime(spec.task, proof);
  const active = new Map<string, ActiveTask[]>();
  for (const job of jobs) {
    if (job.place === undefined) continue;
    const task = activeTaskOf(job, job.place, lasts(job));
    const { url } = job.place.worker;
    const others = active.get(url);
    if (others === undefined) active.set(url, [task]);
    else others.push(task);
  }
  const sessions = new Map<string, string[]>();
  for (const { url, session } of workers) sessions.set(url, [...(sessions.get(url) ?? []), session]);
  const sessionsOf = (url: string): string[] => sessions.get(url) ?? [];
  return {
    now,
    workers: workers.map((worker) => workerSnapshot(worker, active.get(worker.url) ?? [])),
    queue: jobs
      .filter(({ place }) => place === undefined)
      .map((job) => queuedTaskOf(job, now, sessionsOf, lasts(job))),
    storage: { paths: from.index.paths(), holders: from.index.holders() },
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
