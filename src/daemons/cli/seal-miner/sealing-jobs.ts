import { goDurationText } from '@sealctl/core/lotus/go-value';
import { zeroUuid, type WorkerJob, type WorkerStats } from '@sealctl/core/lotus/rpc-values';
import { taskByName } from '@sealctl/core/lotus/task-type';
import { columnsText } from './columns.ts';

/** The listing of `sealing jobs`, in Lotus's layout and order. Source: docs/spec/lotus.md section 4.7. */
export function sealingJobsText(
  jobs: Readonly<Record<string, readonly WorkerJob[]>>,
  stats: Readonly<Record<string, WorkerStats>>,
  now: number,
): string {
  const rows = Object.entries(jobs)
    .flatMap(([session, list]) => list.map((job) => ({ session, job })))
    .toSorted(
      (a, b) =>
        a.job.RunWait - b.job.RunWait ||
        Date.parse(a.job.Start) - Date.parse(b.job.Start) ||
        (a.job.ID.ID < b.job.ID.ID ? -1 : 1),
    )
    .map(({ session, job }) => [
      job.ID.ID.slice(0, 8),
      String(job.Sector.Number),
      (session === zeroUuid ? zeroUuid : session).slice(0, 8),
      stats[session]?.Info.Hostname ?? job.Hostname ?? '',
      taskByName(job.Task)?.code ?? job.Task,
      stateText(job.RunWait),
      sinceText(job.Start, now),
    ]);
  return columnsText([['ID', 'Sector', 'Worker', 'Hostname', 'Task', 'State', 'Time'], ...rows]);
}

function stateText(runWait: number): string {
  if (runWait >= 2) return `assigned(${runWait - 1})`;
  switch (runWait) {
    case 1:
      return 'prepared';
    case 0:
      return 'running';
    case -1:
      return 'ret-wait';
    case -2:
      return 'returned';
    default:
      return 'ret-done';
  }
}

function sinceText(start: string, now: number): string {
  const begun = Date.parse(start);
  return Number.isNaN(begun) || begun <= 0
    ? 'n/a'
    : goDurationText(Math.max(0, Math.floor((now - begun) / 100) * 100));
}
